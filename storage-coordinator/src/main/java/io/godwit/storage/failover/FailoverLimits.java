package io.godwit.storage.failover;

/// How much a coordinator does, and how often it tries.
///
/// @param attemptsMax       starts of one guest until it is given up
/// @param startsPerHostMax  at once, on one host
/// @param backoffMs         after the first failure; doubled with each further one
/// @param backoffMsMax      at most
/// @param roomMs            between two looks for a host with room
public record FailoverLimits(int attemptsMax, int startsPerHostMax, long backoffMs, long backoffMsMax, long roomMs) {
    public static final FailoverLimits DEFAULT = new FailoverLimits(5, 2, 1_000, 15_000, 2_000);

    /// @param failures  in a row, at least 1
    long waitMs(int failures) {
        return Math.min(backoffMsMax, backoffMs << Math.min(20, failures - 1));
    }
}
