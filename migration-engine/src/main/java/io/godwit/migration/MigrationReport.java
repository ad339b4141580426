package io.godwit.migration;

import java.util.List;
import java.util.Objects;
import java.util.UUID;

/// How a migration went; what `godwit migrate --json` prints.
///
/// @param epoch        the guest's epoch after the migration; 0 if it is not known to this host
/// @param reason       why it ended so: a sentence for the operator that also says where the guest is and how
///                     it is
/// @param totalMs      from the request to the end of the switchover, or to the failure; with late pages, until the
///                     last of them has come
/// @param downtimeMs   from the pause call to the target's word that it runs, on the source's monotonic clock;
///                     0 if the guest was never paused or was paused all along
/// @param bytesSent    on the wire, headers included, before encryption
/// @param deltaPages   pages sent as a difference to what was sent before
/// @param warnings     what went wrong after the point where the migration could still fail
/// @param slowness     what gave way because the guest wrote too fast: to what the budget was stretched, and by
///                     how much and for how long the guest was slowed
/// @param latePages    what came after the switchover
public record MigrationReport(
        UUID migration,
        String guest,
        String source,
        String target,
        long epoch,
        Result result,
        String reason,
        double totalMs,
        double downtimeMs,
        long downtimeBudgetMs,
        List<Round> rounds,
        long ramBytes,
        long bytesSent,
        long zeroPages,
        long compressedPages,
        long rawPages,
        long deltaPages,
        Switchover switchover,
        ForwardedFrames forwardedFrames,
        List<String> warnings,
        Slowness slowness,
        LatePages latePages) {

    public MigrationReport {
        rounds = List.copyOf(rounds);
        warnings = List.copyOf(warnings);
        // That of an older agent has none.
        slowness = Objects.requireNonNullElse(slowness, Slowness.UNKNOWN);
        latePages = Objects.requireNonNullElse(latePages, LatePages.NONE);
    }

    public enum Result {
        /// The guest is the target's.
        COMPLETED,
        /// The guest is the source's, and as it was before.
        FAILED,
        /// As [#FAILED], because it was asked for.
        CANCELLED
    }

    /// @param pages                what the round covered
    /// @param dirtyBytesPerSecond  what the guest wrote while the round before was sent
    public record Round(long pages, long bytesSent, double durationMs, long dirtyBytesPerSecond) {}

    /// Frames for the guest's network cards that reached the source although the guest did not run there any
    /// more.
    ///
    /// @param captured   all of them; two that the guest had just received may be among them
    /// @param delivered  of these, put before the guest's cards at the target
    /// @param dropped    of these, not known to have been
    public record ForwardedFrames(long captured, long delivered, long dropped) {
        public static final ForwardedFrames NONE = new ForwardedFrames(0, 0, 0);
    }

    /// Pages that were missing at the switchover and followed the guest.
    ///
    /// @param pages        how many
    /// @param faulted      of these, the ones that somebody at the target stood still for until they came
    /// @param dependedMs   for how long the guest ran at the target and needed the source
    public record LatePages(long pages, long faulted, double dependedMs) {
        public static final LatePages NONE = new LatePages(0, 0, 0);
    }

    /// The parts of the downtime, in order.
    public record Switchover(
            double pauseMs, double lastRoundMs, double deviceStateMs, double commitMs, double resumeMs) {
        public static final Switchover NONE = new Switchover(0, 0, 0, 0, 0);
    }
}
