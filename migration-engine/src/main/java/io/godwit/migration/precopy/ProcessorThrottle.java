package io.godwit.migration.precopy;

import io.godwit.migration.metrics.MigrationMeters;
import io.godwit.shim.Guest;
import io.godwit.shim.HypervisorException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Remembers by how much a guest is slowed, and lets it go on every way out. Only one thread slows and lets go;
/// anybody may look.
final class ProcessorThrottle {
    private static final Logger log = LoggerFactory.getLogger(ProcessorThrottle.class);
    private static final int TRIES = 3;

    private final Guest guest;
    private final MigrationMeters meters;
    private final LongSupplier nanoClock;
    private boolean touched;
    private volatile int percent;
    private volatile int percentTop;
    private volatile long sinceNanos;
    private volatile long heldNanos;

    ProcessorThrottle(Guest guest, MigrationMeters meters, LongSupplier nanoClock) {
        this.guest = guest;
        this.meters = meters;
        this.nanoClock = nanoClock;
    }

    /// @param next above 0
    /// @throws HypervisorException if it could not be; how fast the guest is then, [#letGo] decides
    void hold(int next) throws HypervisorException {
        touched = true;
        guest.throttle(next);
        if (percent == 0) {
            sinceNanos = nanoClock.getAsLong();
        }
        meters.throttled(next - percent);
        percent = next;
        percentTop = Math.max(percentTop, next);
    }

    /// Lets the guest go. Idempotent, and tried again at the next call if it did not succeed.
    ///
    /// @return empty, or why the guest may still be slowed
    String letGo() {
        if (!touched) {
            return "";
        }
        String failure = "";
        for (int i = 0; i < TRIES; i++) {
            try {
                guest.throttle(0);
                released();
                return "";
            } catch (HypervisorException | RuntimeException e) {
                failure = Reasons.of(e);
                log.error(
                        "Guest {} is to run freely again and may not",
                        guest.spec().name(),
                        e);
            }
        }
        return failure;
    }

    private void released() {
        touched = false;
        if (percent > 0) {
            long before = heldNanos;
            heldNanos = before + (nanoClock.getAsLong() - sinceNanos);
            meters.throttled(-percent);
            percent = 0;
        }
    }

    int percent() {
        return percent;
    }

    int percentTop() {
        return percentTop;
    }

    long heldMs() {
        long sinceLast = percent > 0 ? nanoClock.getAsLong() - sinceNanos : 0;
        return TimeUnit.NANOSECONDS.toMillis(heldNanos + sinceLast);
    }
}
