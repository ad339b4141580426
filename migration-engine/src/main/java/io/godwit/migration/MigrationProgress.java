package io.godwit.migration;

/// A migration as seen at one moment.
///
/// @param phase                 what it is doing
/// @param round                 the round being sent, from 1; 0 before the first
/// @param roundBytesTotal       guest bytes this round has to cover
/// @param roundBytesDone        of these, covered so far
/// @param bytesSent             on the wire so far, all rounds
/// @param dirtyBytesPerSecond   what the guest writes, from the last scan; 0 while unknown
/// @param bytesPerSecond        on the wire, over the last second or so
/// @param predictedDowntimeMs   if the guest were paused now; -1 while unknown
/// @param elapsedMs             since the migration began
public record MigrationProgress(
        Phase phase,
        int round,
        long roundBytesTotal,
        long roundBytesDone,
        long bytesSent,
        long dirtyBytesPerSecond,
        long bytesPerSecond,
        long predictedDowntimeMs,
        long elapsedMs) {

    /// In the order in which a migration goes through them.
    public enum Phase {
        PREFLIGHT,
        PREPARE,
        ROUNDS,
        HANDOVER,
        SWITCHOVER,
        COMMIT,
        /// Only of a guest that runs at its target with pages missing: they are being served.
        LATE_PAGES,
        FINISH,
        DONE
    }
}
