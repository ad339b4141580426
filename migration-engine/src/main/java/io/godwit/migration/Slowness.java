package io.godwit.migration;

/// What a migration did, or is doing, because the guest writes faster than its budget allows.
///
/// @param answer              what was to give way
/// @param budgetMs            the downtime budget in force: as asked for, or what it was stretched to
/// @param throttlePercent     by how much the guest's processors are slowed now; 0 once they are let go
/// @param throttlePercentTop  by how much they were slowed at most
/// @param throttledMs         for how long they were slowed
/// @param stalledRounds       rounds in a row that brought nothing
public record Slowness(
        OnSlow answer,
        long budgetMs,
        int throttlePercent,
        int throttlePercentTop,
        long throttledMs,
        int stalledRounds) {

    /// Nothing had to give way.
    public static Slowness none(MigrationPolicy policy) {
        return new Slowness(policy.whenSlow().answer(), policy.downtimeBudgetMs(), 0, 0, 0, 0);
    }

    public static final Slowness UNKNOWN = new Slowness(WhenSlow.DEFAULT.answer(), 0, 0, 0, 0, 0);
}
