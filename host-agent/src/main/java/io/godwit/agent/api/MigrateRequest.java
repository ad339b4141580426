package io.godwit.agent.api;

import org.jspecify.annotations.Nullable;

/// Null means the source agent's default.
///
/// @param onSlow         what gives way if the guest writes too fast: `throttle`, `stretch`, `post-copy`
///                       or `abort`
/// @param downtimeMaxMs  how far `stretch` may go
/// @param yields         whether it gives way to others on the link
/// @param compression    of pages: `auto`, `fast`, `none`, `lz4` or `zstd`
/// @param verify         compare a digest of all RAM while paused
/// @param dryRun         only tell what speaks against it
public record MigrateRequest(
        String targetHost,
        @Nullable Long downtimeBudgetMs,
        @Nullable Long bandwidthBytesPerSecond,
        @Nullable Long timeoutMs,
        @Nullable String onSlow,
        @Nullable Long downtimeMaxMs,
        @Nullable Boolean yields,
        @Nullable String compression,
        boolean verify,
        boolean dryRun) {

    /// With the agent's answer to guests that write too fast.
    public MigrateRequest(
            String targetHost,
            @Nullable Long downtimeBudgetMs,
            @Nullable Long bandwidthBytesPerSecond,
            @Nullable Long timeoutMs,
            boolean verify,
            boolean dryRun) {
        this(targetHost, downtimeBudgetMs, bandwidthBytesPerSecond, timeoutMs, null, null, null, null, verify, dryRun);
    }
}
