package io.godwit.migration.precopy;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// One side of a migration as a place to wait: every wait ends when its condition holds, when the migration is
/// given up, or at a deadline, whichever comes first. Safe for use by any number of threads.
final class Session {
    private final LongSupplier nanoClock;
    private @Nullable GivenUp end;
    private boolean settled;
    private long phaseDeadlineNanos;
    private @Nullable String phaseFailure;

    Session(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /// By which it counts its time.
    LongSupplier nanoClock() {
        return nanoClock;
    }

    /// Gives up, unless that has happened already or the migration is past it. The first reason counts.
    void fail(String reason) {
        end(new GivenUp(reason, false));
    }

    /// As [#fail], because somebody asked for it.
    void cancel(String reason) {
        end(new GivenUp(reason, true));
    }

    private synchronized void end(GivenUp why) {
        if (end == null && !settled) {
            end = why;
            notifyAll();
        }
    }

    /// From now on nothing is given up any more: a lost connection is only a lost connection.
    synchronized void settle() {
        settled = true;
        end = null;
        phaseFailure = null;
        notifyAll();
    }

    /// Something changed that somebody may be waiting for.
    synchronized void changed() {
        notifyAll();
    }

    /// Changes something that somebody may be waiting for.
    synchronized void change(Runnable change) {
        change.run();
        notifyAll();
    }

    /// Limits all waits and checks until the next call.
    synchronized void phaseDeadline(long timeoutMs, String failure) {
        phaseDeadlineNanos = nanoClock.getAsLong() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        phaseFailure = failure;
    }

    synchronized void check() throws GivenUp {
        if (end != null) {
            throw new GivenUp(reasonOf(end), end.cancelled());
        }
        if (phaseFailure != null && phaseDeadlineNanos - nanoClock.getAsLong() <= 0) {
            throw new GivenUp(phaseFailure, false);
        }
    }

    /// Waits until the condition holds, however late.
    void await(BooleanSupplier condition) throws GivenUp, InterruptedException {
        await(condition, Long.MAX_VALUE / 2_000_000, "");
    }

    /// Waits until the condition holds, which is asked under this object's lock.
    ///
    /// @param failure the reason if it does not within the time
    synchronized void await(BooleanSupplier condition, long timeoutMs, String failure)
            throws GivenUp, InterruptedException {
        long deadline = nanoClock.getAsLong() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        while (!condition.getAsBoolean()) {
            check();
            long now = nanoClock.getAsLong();
            long left = deadline - now;
            if (left <= 0) {
                throw new GivenUp(failure, false);
            }
            if (phaseFailure != null) {
                left = Math.min(left, phaseDeadlineNanos - now);
            }
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(left, 1_000_000));
        }
    }

    /// Lets time pass, to keep to a rate.
    void pause(long nanos) throws GivenUp, InterruptedException {
        check();
        if (nanos > 0) {
            TimeUnit.NANOSECONDS.sleep(Math.min(nanos, TimeUnit.MILLISECONDS.toNanos(100)));
        }
    }

    private static String reasonOf(GivenUp end) {
        return String.valueOf(end.getMessage());
    }
}
