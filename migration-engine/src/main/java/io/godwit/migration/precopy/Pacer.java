package io.godwit.migration.precopy;

import java.util.concurrent.TimeUnit;

/// Keeps all connections of a migration together to a rate: a token bucket that may be overdrawn by one frame, at
/// the start by one of each connection. The rate is the lower of two, a cap that the operator sets and one that
/// yields to others on the link; both may change at any time. Time is an argument. Safe for use by several threads.
final class Pacer {
    /// What may be sent at once after a rest: short enough not to fill a switch's queue.
    private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(3);

    private long cap;
    private long yielding;

    /// When all that was booked is paid, at the rate in force.
    private long freeAtNanos;

    /// Bytes.
    private long booked;

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
    /// @return their place among all that were ever booked; [#waitNanos] tells when it is their turn
    synchronized long book(long bytes, long nowNanos) {
        long place = booked;
        long rate = bytesPerSecond();
        if (rate == 0) {
            return place;
        }
        if (!started || freeAtNanos - nowNanos < -BURST_NANOS) {
            started = true;
            freeAtNanos = nowNanos - BURST_NANOS;
        }
        booked += bytes;
        freeAtNanos += nanos(bytes, rate);
        return place;
    }

    /// How long it takes until the turn of what was booked at this place, at the rate in force now. It depends on
    /// nothing that was booked later, so that nobody who waits is overtaken when the rate grows.
    synchronized long waitNanos(long place, long nowNanos) {
        long rate = bytesPerSecond();
        return rate == 0 ? 0 : Math.max(0, freeAtNanos - nanos(booked - place, rate) - nowNanos);
    }

    /// Books bytes for somebody who heeds no change of the rate.
    ///
    /// @return how long to wait before sending them
    synchronized long reserve(long bytes, long nowNanos) {
        return waitNanos(book(bytes, nowNanos), nowNanos);
    }

    private static long nanos(long bytes, long rate) {
        return Math.round(bytes * 1e9 / rate);
    }
}
