package io.godwit.benchmarks.qemu;

import io.godwit.benchmarks.subject.Move.Round;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Tells QEMU's rounds apart in what `query-migrate` says from time to time: a round ends when the counter of
/// synchronised dirty bitmaps grows. Pure.
final class MigrationWatch {
    private final List<Round> rounds = new ArrayList<>();
    private long syncs;
    private long transferred;
    private double roundStartMs;
    private long roundStartBytes;

    /// @param atMs  since the migration's start, ascending
    void note(double atMs, JsonNode migrate) {
        JsonNode ram = migrate.path("ram");
        long nowSyncs = ram.path("dirty-sync-count").asLong(syncs);
        transferred = Math.max(transferred, ram.path("transferred").asLong(transferred));
        if (nowSyncs > syncs) {
            // The first comes at once and ends no round.
            if (syncs > 0) {
                end(atMs);
            }
            syncs = nowSyncs;
        }
    }

    /// How often all pages that were dirty have been looked at and sent.
    int passes() {
        return rounds.size();
    }

    /// The last one included.
    List<Round> finish(double atMs) {
        end(atMs);
        return List.copyOf(rounds);
    }

    private void end(double atMs) {
        rounds.add(new Round(roundStartMs, atMs, transferred - roundStartBytes));
        roundStartMs = atMs;
        roundStartBytes = transferred;
    }
}
