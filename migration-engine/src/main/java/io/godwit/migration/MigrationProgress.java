package io.godwit.migration;

import java.util.Objects;

/// A migration as seen at one moment.
///
/// @param phase                 what it is doing
/// @param round                 the round being sent, from 1; 0 before the first
/// @param roundBytesTotal       guest bytes this round has to cover; with [Phase#LATE_PAGES], that were missing at
///                              the switchover
/// @param roundBytesDone        of these, covered so far
/// @param bytesSent             on the wire so far, all rounds
/// @param dirtyBytesPerSecond   what the guest writes, from the last scan; 0 while unknown
/// @param bytesPerSecond        on the wire, over the last second or so
/// @param predictedDowntimeMs   if the guest were paused now; -1 while unknown
/// @param elapsedMs             since the migration began
/// @param slowness              what gave way so far
public record MigrationProgress(
        Phase phase,
        int round,
        long roundBytesTotal,
        long roundBytesDone,
        long bytesSent,
        long dirtyBytesPerSecond,
        long bytesPerSecond,
        long predictedDowntimeMs,
        long elapsedMs,
        Slowness slowness) {

    public MigrationProgress {
        // That of an older agent has none.
        slowness = Objects.requireNonNullElse(slowness, Slowness.UNKNOWN);
    }

    /// Of a migration for which nothing had to give way.
    public MigrationProgress(
            Phase phase,
            int round,
            long roundBytesTotal,
            long roundBytesDone,
            long bytesSent,
            long dirtyBytesPerSecond,
            long bytesPerSecond,
            long predictedDowntimeMs,
            long elapsedMs) {
        this(
                phase,
                round,
                roundBytesTotal,
                roundBytesDone,
                bytesSent,
                dirtyBytesPerSecond,
                bytesPerSecond,
                predictedDowntimeMs,
                elapsedMs,
                Slowness.UNKNOWN);
    }

    public MigrationProgress withSlowness(Slowness other) {
        return new MigrationProgress(
                phase,
                round,
                roundBytesTotal,
                roundBytesDone,
                bytesSent,
                dirtyBytesPerSecond,
                bytesPerSecond,
                predictedDowntimeMs,
                elapsedMs,
                other);
    }

    /// With what the present round has to cover and has covered.
    public MigrationProgress withRoundBytes(long total, long done) {
        return new MigrationProgress(
                phase,
                round,
                total,
                done,
                bytesSent,
                dirtyBytesPerSecond,
                bytesPerSecond,
                predictedDowntimeMs,
                elapsedMs,
                slowness);
    }

    /// In the order in which a migration goes through them.
    public enum Phase {
        PREFLIGHT,
        PREPARE,
        ROUNDS,
        HANDOVER,
        SWITCHOVER,
        COMMIT,
        /// Only of a guest that was switched over with pages missing: it runs at its target, and they follow it.
        LATE_PAGES,
        FINISH,
        DONE
    }
}
