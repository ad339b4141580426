/// Whole migrations that an agent plays to itself after its start, with a machine that nobody needs. What a Java
/// machine does for the first time it does slowly, and the first guest that leaves should not have to wait for that.
///
/// Nothing real is touched: the guest is synthetic and its memory in no file, its record is an object here, its
/// engine listens on the loopback interface only.
@NullMarked
package io.godwit.agent.rehearsal;

import org.jspecify.annotations.NullMarked;
