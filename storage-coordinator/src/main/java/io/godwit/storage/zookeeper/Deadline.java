package io.godwit.storage.zookeeper;

import java.time.Duration;

/// Until when somebody is willing to wait.
///
/// @param endNanos  on [System#nanoTime]'s scale; meaningless if `endless`
record Deadline(boolean endless, long endNanos) {
    static Deadline after(long nanos) {
        return new Deadline(false, System.nanoTime() + nanos);
    }

    static Deadline never() {
        return new Deadline(true, 0);
    }

    boolean isOver() {
        return !endless && System.nanoTime() - endNanos >= 0;
    }

    /// @return the pause, cut short at the deadline
    Duration atMost(Duration pause) {
        if (endless) {
            return pause;
        }
        long leftNanos = Math.max(0, endNanos - System.nanoTime());
        return leftNanos < pause.toNanos() ? Duration.ofNanos(leftNanos) : pause;
    }
}
