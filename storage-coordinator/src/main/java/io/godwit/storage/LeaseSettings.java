package io.godwit.storage;

/// What a lease is reckoned with. [LeaseTimes] says whether the figures are safe together.
///
/// @param safety          the part of the session timeout by which guests are paused early, such as 0.25
/// @param renewIntervalMs how often the session is confirmed by a write
/// @param pauseMs         what pausing may take from the deadline on: the guard's waking and its signals
/// @param killAfterMs     how long guests stay paused until they are killed
/// @param killMs          what killing may take
/// @param serverTickMs    `tickTime` of the ZooKeeper servers
public record LeaseSettings(
        double safety, int renewIntervalMs, int pauseMs, int killAfterMs, int killMs, int serverTickMs) {

    /// By how many parts in a million a clock may go faster or slower than true time: ten times what a
    /// computer's quartz does at its worst, and twice what a time daemon makes of it.
    public static final int DRIFT_PPM = 1_000;

    public static final LeaseSettings DEFAULT = new LeaseSettings(0.25, 1_000, 300, 2_000, 300, 2_000);
}
