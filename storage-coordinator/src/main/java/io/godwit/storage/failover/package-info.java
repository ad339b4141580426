/// What the cluster's coordinator decides about guests of dead hosts, and about guests that could not be started.
/// Pure: what was read comes in with the time, what is to be asked of which host comes out.
@NullMarked
package io.godwit.storage.failover;

import org.jspecify.annotations.NullMarked;
