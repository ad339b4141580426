/// On which host a guest is to run. Pure: what the hosts have comes in, a host or the reasons against each comes
/// out.
@NullMarked
package io.godwit.storage.placement;

import org.jspecify.annotations.NullMarked;
