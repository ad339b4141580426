package io.godwit.migration.precopy;

import io.godwit.migration.MigrationPolicy;
import io.godwit.migration.protocol.Limits;
import io.godwit.shim.GuestMemory;
import java.util.Locale;

/// Says after each round what comes next. Pure: everything it knows is in the figures.
final class ConvergencePolicy {
    /// Below this, another round costs more than it saves.
    private static final double REFINE_MS_MIN = 4;

    private final MigrationPolicy policy;

    ConvergencePolicy(MigrationPolicy policy) {
        this.policy = policy;
    }

    /// What is known after a round.
    ///
    /// @param round                rounds sent so far
    /// @param pagesLeft            written since, and to be sent
    /// @param pagesLeftBefore      the same after the round before
    /// @param wireBytesPerPage     what a page costs on the wire, from the rounds so far
    /// @param dirtyBytesPerSecond  what the guest writes
    /// @param bytesPerSecond       what the connections carry
    /// @param fixedCostMs          a switchover with nothing left to send
    record Figures(
            int round,
            long elapsedMs,
            long pagesLeft,
            long pagesLeftBefore,
            double wireBytesPerPage,
            long dirtyBytesPerSecond,
            long bytesPerSecond,
            double fixedCostMs,
            long bytesSent,
            long ramBytes) {

        double bytesLeft() {
            return pagesLeft * wireBytesPerPage;
        }

        double sendMs() {
            return bytesLeft() * 1000 / Math.max(1, bytesPerSecond);
        }

        double predictedDowntimeMs() {
            return fixedCostMs + sendMs();
        }

        /// The part of a round's bytes that the guest dirties again while the round is sent.
        double dirtiedAgain() {
            double dirtyOnWire = dirtyBytesPerSecond * wireBytesPerPage / GuestMemory.PAGE_BYTES;
            return dirtyOnWire / Math.max(1, bytesPerSecond);
        }
    }

    sealed interface Decision {
        /// Send another round.
        record Continue() implements Decision {}

        record SwitchOver(double predictedDowntimeMs) implements Decision {}

        record Abort(String reason) implements Decision {}
    }

    Decision decide(Figures figures) {
        if (figures.predictedDowntimeMs() <= policy.downtimeBudgetMs()) {
            return worthRefining(figures)
                    ? new Decision.Continue()
                    : new Decision.SwitchOver(figures.predictedDowntimeMs());
        }
        if (figures.elapsedMs() >= policy.timeoutMs()) {
            return new Decision.Abort("It did not converge within " + policy.timeoutMs() + " ms: " + describe(figures));
        }
        if (figures.round() >= policy.roundsMax()) {
            return new Decision.Abort(
                    "It did not converge within " + policy.roundsMax() + " rounds: " + describe(figures));
        }
        if (figures.bytesSent() > bytesSentMax(figures.ramBytes())) {
            return new Decision.Abort("It has sent " + mib(figures.bytesSent()) + " without converging, more than "
                    + Limits.RAM_TIMES_SENT_MAX + " times the guest's memory: " + describe(figures));
        }
        return new Decision.Continue();
    }

    /// Within the budget, but a round more would at least halve what is left, and rounds have kept that promise
    /// so far.
    private boolean worthRefining(Figures figures) {
        return figures.round() < policy.roundsMax()
                && figures.elapsedMs() < policy.timeoutMs()
                && figures.bytesSent() <= bytesSentMax(figures.ramBytes())
                && figures.sendMs() > REFINE_MS_MIN
                && figures.dirtiedAgain() < 0.5
                && figures.pagesLeft() < figures.pagesLeftBefore() * 3 / 4;
    }

    private static long bytesSentMax(long ramBytes) {
        return ramBytes * Limits.RAM_TIMES_SENT_MAX;
    }

    private String describe(Figures figures) {
        String advice = figures.fixedCostMs() > policy.downtimeBudgetMs()
                ? "a switchover alone takes longer than the budget, so give a larger --downtime-ms"
                : "give a larger --downtime-ms or more bandwidth";
        return String.format(
                Locale.ROOT,
                "predicted downtime %.0f ms (budget %d ms), left to send %s, the guest writes %s/s, the network carries %s/s; %s",
                figures.predictedDowntimeMs(),
                policy.downtimeBudgetMs(),
                mib((long) figures.bytesLeft()),
                mib(figures.dirtyBytesPerSecond()),
                mib(figures.bytesPerSecond()),
                advice);
    }

    private static String mib(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20));
    }
}
