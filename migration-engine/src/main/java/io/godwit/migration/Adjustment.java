package io.godwit.migration;

import org.jspecify.annotations.Nullable;

/// Limits of a migration that is under way, to be changed. Null leaves one as it is.
///
/// @param bandwidthBytesPerSecond  as in [MigrationPolicy]
/// @param downtimeBudgetMs         as in [MigrationPolicy]; what the budget was stretched to is forgotten
public record Adjustment(
        @Nullable Long bandwidthBytesPerSecond, @Nullable Long downtimeBudgetMs) {

    /// @throws IllegalArgumentException if what comes out is no policy
    public MigrationPolicy applyTo(MigrationPolicy policy) {
        return new MigrationPolicy(
                downtimeBudgetMs == null ? policy.downtimeBudgetMs() : downtimeBudgetMs,
                bandwidthBytesPerSecond == null ? policy.bandwidthBytesPerSecond() : bandwidthBytesPerSecond,
                policy.timeoutMs(),
                policy.roundsMax(),
                policy.connections(),
                policy.verify(),
                policy.whenSlow(),
                policy.yields(),
                policy.pages());
    }
}
