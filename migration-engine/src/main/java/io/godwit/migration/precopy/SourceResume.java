package io.godwit.migration.precopy;

import io.godwit.shim.Guest;
import io.godwit.shim.HypervisorException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Remembers whether a migration paused the guest, and undoes exactly that.
final class SourceResume {
    private static final Logger log = LoggerFactory.getLogger(SourceResume.class);
    private static final int TRIES = 3;

    private final Guest guest;
    private boolean paused;
    private boolean wasPaused;

    SourceResume(Guest guest) {
        this.guest = guest;
    }

    void pause(boolean pausedBefore) throws HypervisorException {
        wasPaused = pausedBefore;
        paused = true;
        guest.pause();
    }

    /// Whether the guest stood still because of the migration.
    boolean interruptedGuest() {
        return paused && !wasPaused;
    }

    /// Lets the guest go on as it was. To be called only when the record says it is this host's.
    ///
    /// @return how the guest is now, to follow "the guest is on this host and"
    String resume() {
        if (guest.gone().isDone()) {
            return "has ended: " + guest.gone().getNow(Guest.EndReason.CRASH);
        }
        if (!paused) {
            return "was not interrupted";
        }
        if (wasPaused) {
            return "is paused as before";
        }
        String failure = "";
        for (int i = 0; i < TRIES; i++) {
            try {
                guest.resume();
                return "runs";
            } catch (HypervisorException | RuntimeException e) {
                failure = Reasons.of(e);
                log.error(
                        "Guest {} is this host's but cannot be resumed",
                        guest.spec().name(),
                        e);
            }
        }
        return "COULD NOT BE RESUMED, it may be paused: resume it by hand (" + failure + ")";
    }
}
