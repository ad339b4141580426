package io.godwit.migration.postcopy;

import io.godwit.migration.protocol.Limits;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPages;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Waits for whoever touches a missing page, and has each of them answered. The kernel tells of a page once: what
/// it told is kept until it has been answered.
///
/// Whatever fails is tried again, for nobody else would see to those who wait; what fails without end for as long
/// as a source may be out of reach ends in the same way.
final class FaultWatch {
    static final long RETRY_MS = 200;
    private static final Logger log = LoggerFactory.getLogger(FaultWatch.class);
    private static final Duration POLL = Duration.ofMillis(Limits.FAULT_POLL_MS);

    private final String guest;
    private final MissingPages pages;
    private final Duration patience;
    private final LongSupplier nanoClock;
    private final Side side;
    private final long[] faulted = new long[MissingPages.FAULTS_MAX];
    private int unanswered;
    private boolean troubled;
    private long troubledSinceNanos;

    /// Whose pages are missing. Any call may fail, also with what is no [HypervisorException].
    interface Side {
        /// Whether anybody may still wait. False is for good.
        boolean going();

        /// Whether it has ended. Does not fail.
        boolean ended();

        /// Somebody waits for these pages. May be told of some again.
        void answer(long[] pages, int count) throws HypervisorException;

        /// After trouble, when it is not known what was asked for: asks for all of it again.
        void askAgain();

        /// The trouble has lasted for too long.
        void lost(String reason);
    }

    /// @param patience how long it may fail
    FaultWatch(String guest, MissingPages pages, Duration patience, LongSupplier nanoClock, Side side) {
        this.guest = guest;
        this.pages = pages;
        this.patience = patience;
        this.nanoClock = nanoClock;
        this.side = side;
    }

    /// Returns when nobody waits any more.
    void run() {
        boolean going = true;
        while (going) {
            try {
                going = serveOnce();
            } catch (HypervisorException | RuntimeException e) {
                going = bear(e);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(going ? RETRY_MS : 0));
            }
        }
    }

    private boolean serveOnce() throws HypervisorException {
        if (!side.going()) {
            return false;
        }
        if (unanswered == 0) {
            unanswered = pages.awaitFaults(faulted, POLL);
        }
        if (troubled) {
            side.askAgain();
        }
        side.answer(faulted, unanswered);
        unanswered = 0;
        if (troubled) {
            log.info("Guest {}: who waits for its missing pages is seen to again", guest);
            troubled = false;
        }
        return true;
    }

    /// @return whether to try again
    private boolean bear(Exception trouble) {
        if (side.ended()) {
            return false;
        }
        long now = nanoClock.getAsLong();
        if (!troubled) {
            troubled = true;
            troubledSinceNanos = now;
            log.warn(
                    "Guest {} misses pages, and who waits for them cannot be seen to. That is tried again for {} s",
                    guest,
                    patience.toSeconds(),
                    trouble);
            return true;
        }
        if (now - troubledSinceNanos <= patience.toNanos()) {
            return true;
        }
        side.lost(
                "Who waits for its missing pages could not be seen to for " + patience.toSeconds() + " s: " + trouble);
        return false;
    }
}
