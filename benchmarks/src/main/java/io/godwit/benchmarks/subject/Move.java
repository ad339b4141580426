package io.godwit.benchmarks.subject;

import java.util.List;

/// How a move went, in the words of whoever made it.
///
/// @param completed   the guest runs on the target; else the move was given up for `reason`
/// @param totalMs     from the operator's command, the start of the target's QEMU included
/// @param movingMs    of these, with memory under way
/// @param downtimeMs  as reported, not as seen
/// @param latePages   pages that followed the guest after the switchover; NaN if the mover does not tell
/// @param endNs       `System.nanoTime` of its end
public record Move(
        boolean completed,
        String reason,
        double totalMs,
        double movingMs,
        double downtimeMs,
        List<Round> rounds,
        double latePages,
        long endNs) {
    public Move {
        rounds = List.copyOf(rounds);
    }

    /// One pass over the pages dirtied since the pass before.
    ///
    /// @param startMs  since memory was first under way
    /// @param bytes    sent
    public record Round(double startMs, double endMs, long bytes) {}
}
