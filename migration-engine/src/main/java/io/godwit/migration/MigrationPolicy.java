package io.godwit.migration;

/// What the operator asks of a migration. Every number is a limit.
///
/// @param downtimeBudgetMs         the switchover is not begun unless its predicted downtime is below this
/// @param bandwidthBytesPerSecond  cap on what is sent, all connections together; 0 is no cap
/// @param timeoutMs                from start to the decision to switch; then the migration is given up
/// @param roundsMax                after that many rounds without convergence the migration is given up
/// @param connections              data connections
/// @param verify                   compares a digest of all RAM while the guest is paused; costs downtime
/// @param whenSlow                 what gives way if the guest writes too fast for the budget
/// @param yields                   gives way to others on the link, as soon as they wait because of the
///                                 migration
/// @param pages                    how pages are encoded
public record MigrationPolicy(
        long downtimeBudgetMs,
        long bandwidthBytesPerSecond,
        long timeoutMs,
        int roundsMax,
        int connections,
        boolean verify,
        WhenSlow whenSlow,
        boolean yields,
        PagePolicy pages) {

    public static final int CONNECTIONS_MAX = 16;

    private static final int PROCESSORS_PER_CONNECTION = 4;
    private static final int CONNECTIONS_BY_DEFAULT_MAX = 4;

    public static final MigrationPolicy DEFAULT = new MigrationPolicy(
            100, 0, 600_000, 30, connectionsFor(Runtime.getRuntime().availableProcessors()), false);

    public static final int ROUNDS_MAX = 1000;

    public MigrationPolicy {
        check(downtimeBudgetMs >= 1 && downtimeBudgetMs <= 60_000, "Downtime budget is not from 1 to 60000 ms");
        check(
                bandwidthBytesPerSecond == 0 || bandwidthBytesPerSecond >= 64 << 10,
                "Bandwidth is below 64 KiB/s; 0 means no cap");
        check(timeoutMs >= 1_000 && timeoutMs <= 86_400_000, "Timeout is not from 1 s to 24 h");
        check(roundsMax >= 1 && roundsMax <= ROUNDS_MAX, "Rounds are not from 1 to " + ROUNDS_MAX);
        check(
                connections >= 1 && connections <= CONNECTIONS_MAX,
                "Data connections are not from 1 to " + CONNECTIONS_MAX);
    }

    /// With the usual answer to guests that write too fast, giving way to others, and pages encoded as by default.
    public MigrationPolicy(
            long downtimeBudgetMs,
            long bandwidthBytesPerSecond,
            long timeoutMs,
            int roundsMax,
            int connections,
            boolean verify) {
        this(
                downtimeBudgetMs,
                bandwidthBytesPerSecond,
                timeoutMs,
                roundsMax,
                connections,
                verify,
                WhenSlow.DEFAULT,
                true,
                PagePolicy.DEFAULT);
    }

    public MigrationPolicy withWhenSlow(WhenSlow other) {
        return new MigrationPolicy(
                downtimeBudgetMs,
                bandwidthBytesPerSecond,
                timeoutMs,
                roundsMax,
                connections,
                verify,
                other,
                yields,
                pages);
    }

    /// How many data connections suit a source. Each keeps up to two threads busy there, and one at the target, and
    /// guests share the processors with them: on hosts of two processors a second connection slowed the guest by
    /// twice to three times as much and gained an eighth of the time at most.
    public static int connectionsFor(int processors) {
        return Math.clamp(processors / PROCESSORS_PER_CONNECTION, 1, CONNECTIONS_BY_DEFAULT_MAX);
    }

    private static void check(boolean ok, String message) {
        if (!ok) {
            throw new IllegalArgumentException(message);
        }
    }
}
