package io.godwit.agent.migrations;

import io.godwit.agent.api.MigrationView;
import io.godwit.migration.Migration;
import io.godwit.migration.MigrationReport;
import java.util.concurrent.CompletableFuture;

/// A migration from this host, under way or ended.
///
/// @param ended completes with the report once this agent, too, has drawn its conclusions from it
public record Departure(
        String guest, String source, String target, Migration migration, CompletableFuture<MigrationReport> ended) {

    public MigrationView view() {
        return new MigrationView(migration.id(), guest, source, target, migration.progress(), ended.getNow(null));
    }

    public boolean underWay() {
        return !ended.isDone();
    }
}
