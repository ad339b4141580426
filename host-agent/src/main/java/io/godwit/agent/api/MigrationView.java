package io.godwit.agent.api;

import io.godwit.migration.MigrationProgress;
import io.godwit.migration.MigrationReport;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// @param report  null while it is under way
public record MigrationView(
        UUID id,
        String guest,
        String source,
        String target,
        MigrationProgress progress,
        @Nullable MigrationReport report) {}
