package io.godwit.agent.api;

import org.jspecify.annotations.Nullable;

/// Limits of a migration under way, to be changed. Null leaves one as it is.
///
/// @param bandwidthBytesPerSecond  0 for no cap
public record AdjustRequest(
        @Nullable Long bandwidthBytesPerSecond, @Nullable Long downtimeBudgetMs) {}
