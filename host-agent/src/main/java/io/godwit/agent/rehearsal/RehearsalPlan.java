package io.godwit.agent.rehearsal;

/// How much is rehearsed, and how quickly. Pure.
///
/// @param migrationsMax    then it is enough
/// @param limitMs          after that much time it is enough, too
/// @param percent          of one processor, that the process may use from the first rehearsal on; whatever else it
///                         does counts as well
record RehearsalPlan(int migrationsMax, long limitMs, int percent) {
    static final long LIMIT_MS = 20_000;
    static final int PERCENT = 50;

    /// However much is owed, it is looked again so soon.
    static final long REST_MS_MAX = 250;

    RehearsalPlan(int migrationsMax) {
        this(migrationsMax, LIMIT_MS, PERCENT);
    }

    /// What to do next.
    sealed interface Step {
        record Rehearse() implements Step {}

        /// Leave the processors to others.
        record Rest(long ms) implements Step {}

        /// @param gaveWay whether that is because of a migration in earnest
        record End(boolean gaveWay) implements Step {}
    }

    /// @param rehearsed    migrations, up to now
    /// @param elapsedMs    since the first began
    /// @param processorMs  used by the process since then
    /// @param earnest      whether a guest leaves or arrives
    Step next(int rehearsed, long elapsedMs, long processorMs, boolean earnest) {
        if (earnest) {
            return new Step.End(true);
        }
        if (rehearsed >= migrationsMax || elapsedMs >= limitMs) {
            return new Step.End(false);
        }
        long owedMs = processorMs * 100 / percent - elapsedMs;
        return owedMs > 0 ? new Step.Rest(Math.min(owedMs, REST_MS_MAX)) : new Step.Rehearse();
    }
}
