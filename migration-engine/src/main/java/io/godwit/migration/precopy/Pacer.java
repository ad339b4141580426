package io.godwit.migration.precopy;

import java.util.concurrent.TimeUnit;

/// Keeps all connections of a migration together to a rate: a token bucket that may be overdrawn by one frame.
/// The rate is the lower of two, a cap that the operator sets and one that yields to others on the link; both
/// may change at any time. Time is an argument. Safe for use by several threads.
final class Pacer {
    /// What may be sent at once after a rest: short enough not to fill a switch's queue.
    private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(3);

    private long cap;
    private long yielding;
    private long freeAtNanos;
    private boolean started;

    /// @param cap bytes a second; 0 for no cap
    Pacer(long cap) {
        this.cap = cap;
    }

    /// @param bytesPerSecond 0 for no cap
    synchronized void cap(long bytesPerSecond, long nowNanos) {
        long before = bytesPerSecond();
        cap = bytesPerSecond;
        convert(before, nowNanos);
    }

    /// @param bytesPerSecond 0 to yield to nobody
    synchronized void yielding(long bytesPerSecond, long nowNanos) {
        long before = bytesPerSecond();
        yielding = bytesPerSecond;
        convert(before, nowNanos);
    }

    /// The rate in force; 0 for none.
    synchronized long bytesPerSecond() {
        if (cap == 0 || yielding == 0) {
            return Math.max(cap, yielding);
        }
        return Math.min(cap, yielding);
    }

    /// The bytes that are owed stay the same; the time that they take is another one.
    private void convert(long rateBefore, long nowNanos) {
        long rate = bytesPerSecond();
        long owedNanos = freeAtNanos - nowNanos;
        if (started && owedNanos > 0 && rateBefore != rate) {
            freeAtNanos = nowNanos + (rate == 0 ? 0 : Math.round((double) owedNanos * rateBefore / rate));
        }
    }

    /// Books bytes.
    ///
    /// @return how long to wait before sending them, unless the rate changes: see [#waitNanos]
    synchronized long reserve(long bytes, long nowNanos) {
        long rate = bytesPerSecond();
        if (rate == 0) {
            return 0;
        }
        if (!started || freeAtNanos - nowNanos < -BURST_NANOS) {
            started = true;
            freeAtNanos = nowNanos - BURST_NANOS;
        }
        long waitNanos = Math.max(0, freeAtNanos - nowNanos);
        freeAtNanos += Math.round(bytes * 1e9 / rate);
        return waitNanos;
    }

    /// What is left of a wait that [#reserve] has told; less if the rate has grown meanwhile.
    ///
    /// @param readyNanos when it would be over at the old rate
    synchronized long waitNanos(long readyNanos, long nowNanos) {
        long left = readyNanos - nowNanos;
        return bytesPerSecond() == 0 ? 0 : Math.min(left, freeAtNanos - nowNanos);
    }
}
