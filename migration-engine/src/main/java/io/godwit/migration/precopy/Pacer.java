package io.godwit.migration.precopy;

import java.util.concurrent.TimeUnit;

/// Keeps all connections of a migration together to a rate: a token bucket that may be overdrawn by one frame.
/// Time is an argument. Safe for use by several threads.
final class Pacer {
    /// What may be sent at once after a rest: short enough not to fill a switch's queue.
    private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final long bytesPerSecond;
    private long freeAtNanos;
    private boolean started;

    /// @param bytesPerSecond 0 for no cap
    Pacer(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /// Books bytes.
    ///
    /// @return how long to wait before sending them
    synchronized long reserve(long bytes, long nowNanos) {
        if (bytesPerSecond == 0) {
            return 0;
        }
        if (!started || freeAtNanos - nowNanos < -BURST_NANOS) {
            started = true;
            freeAtNanos = nowNanos - BURST_NANOS;
        }
        long waitNanos = Math.max(0, freeAtNanos - nowNanos);
        freeAtNanos += Math.round(bytes * 1e9 / bytesPerSecond);
        return waitNanos;
    }
}
