package io.godwit.migration;

import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/// A migration under way at its source. It goes on whether or not anybody holds on to this object.
public interface Migration {
    UUID id();

    MigrationProgress progress();

    /// Asks for the migration to be given up. Works in every phase before the commit; after that the migration
    /// completes, and the report says so. Returns at once. Idempotent.
    void cancel(String reason);

    /// Changes limits while it goes on; good from the next frame and the next decision on. A migration that is
    /// past them takes no notice.
    ///
    /// @throws IllegalArgumentException with a sentence if a limit is out of its range; nothing is changed then
    void adjust(Adjustment adjustment);

    /// Completes when the migration has ended and the guest is known to be the source's or the target's; never
    /// exceptionally. The guest runs on at the source if the result is not COMPLETED (or is paused if it was
    /// before).
    CompletableFuture<MigrationReport> report();
}
