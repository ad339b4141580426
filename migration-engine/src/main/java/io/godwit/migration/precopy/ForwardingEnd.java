package io.godwit.migration.precopy;

import io.godwit.migration.protocol.Limits;
import java.util.concurrent.TimeUnit;

/// When the source has waited long enough for late frames.
///
/// An announcement of the guest's new place takes the way that frames to its old one take, and every switch on
/// it has the frames before it out of its queue first. Once the source's own bridge has heard it, what is still
/// under way has arrived or comes within moments, and later frames take the new way. Where nobody announces,
/// silence has to do.
final class ForwardingEnd {
    private ForwardingEnd() {}

    /// @param runningNs  since the guest is known to run at the target
    /// @param quietNs    since the last frame for the guest came
    /// @param announced  whether this host's bridge has heard where the guest is now
    static boolean reached(long runningNs, long quietNs, boolean announced) {
        long waitedMs = TimeUnit.NANOSECONDS.toMillis(Math.min(runningNs, quietNs));
        return TimeUnit.NANOSECONDS.toMillis(runningNs) >= Limits.FRAMES_TAIL_MS
                || waitedMs >= (announced ? Limits.FRAMES_ANNOUNCED_QUIET_MS : Limits.FRAMES_QUIET_MS);
    }
}
