/// Switching over with pages missing: the guest runs at the target while the rest of its memory comes behind
/// it, what somebody waits for first.
///
/// From the commit on the memory of the guest is in two places, and only together is it the guest. So the
/// source keeps what it has, paused, until the target has said that nothing is missing; the target never
/// guesses a page: who needs one that is not there stands still. A connection that is lost is opened again by
/// the source, as often as it takes, and each time the target says what it still misses.
@NullMarked
package io.godwit.migration.postcopy;

import org.jspecify.annotations.NullMarked;
