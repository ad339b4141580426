package io.godwit.agent.api;

import org.jspecify.annotations.Nullable;

/// Null means the source agent's default.
///
/// @param verify  compare a digest of all RAM while paused
/// @param dryRun  only tell what speaks against it
public record MigrateRequest(
        String targetHost,
        @Nullable Long downtimeBudgetMs,
        @Nullable Long bandwidthBytesPerSecond,
        @Nullable Long timeoutMs,
        boolean verify,
        boolean dryRun) {}
