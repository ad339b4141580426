package io.godwit.migration.precopy;

import io.godwit.migration.MigrationPolicy;
import io.godwit.migration.OnSlow;
import io.godwit.migration.protocol.Limits;
import io.godwit.shim.GuestMemory;
import java.util.Locale;

/// Says after each round what comes next. Pure: everything it knows is in the policy, the figures, and the
/// trend that it has drawn from the figures before.
///
/// A round *stalls* when it leaves hardly less to send than the best round so far did. Then another one brings
/// nothing, and something has to give way: which, says [OnSlow].
final class ConvergencePolicy {
    /// Below this, another round costs more than it saves.
    private static final double REFINE_MS_MIN = 4;

    /// A round has brought something if it leaves less than this part of the least that was ever left.
    private static final double PROGRESS = 0.8;

    /// Pages left that were left the time before too: with so large a part of them the guest rewrites the same
    /// ones, and waiting will not make them fewer.
    private static final double STEADY = 0.8;

    /// So many stalled rounds and so much time are given to a guest that may calm down, before it is given up.
    private static final int PATIENCE_ROUNDS = 3;

    private static final long PATIENCE_MS = 5_000;

    private static final double STRETCH_FACTOR = 1.5;

    private static final int THROTTLE_FIRST = 20;
    private static final int THROTTLE_STEP = 10;
    private static final int THROTTLE_STEP_MAX = 30;

    /// What throttling aims at: that a round halves what is left.
    private static final double DIRTIED_AGAIN_AIM = 0.5;

    private ConvergencePolicy() {}

    /// What is known after a round.
    ///
    /// @param round                rounds sent so far
    /// @param pagesLeft            written since, and to be sent
    /// @param pagesLeftBefore      the same after the round before
    /// @param hotPages             of those left, how many were left after the round before too
    /// @param wireBytesPerPage     what a page costs on the wire, from the rounds so far
    /// @param dirtyBytesPerSecond  what the guest writes
    /// @param bytesPerSecond       what the connections carry
    /// @param fixedCostMs          a switchover with nothing left to send
    record Figures(
            int round,
            long elapsedMs,
            long pagesLeft,
            long pagesLeftBefore,
            long hotPages,
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

    /// What the rounds so far have shown, and what has given way.
    ///
    /// @param round            the last one that was judged
    /// @param bestPagesLeft    the least that a round left
    /// @param bestAtMs         when that was
    /// @param stalledRounds    rounds since then
    /// @param stretchedMs      what the budget was stretched to; 0 if it was not
    /// @param throttlePercent  by how much the guest is slowed
    record Trend(
            int round, long bestPagesLeft, long bestAtMs, int stalledRounds, long stretchedMs, int throttlePercent) {
        static final Trend NONE = new Trend(0, Long.MAX_VALUE, 0, 0, 0, 0);

        long budgetMs(MigrationPolicy policy) {
            return Math.max(policy.downtimeBudgetMs(), stretchedMs);
        }

        /// After a round's figures; the same round is judged once, however often it is looked at.
        Trend after(Figures figures) {
            if (figures.round() == round) {
                return this;
            }
            boolean progress = figures.pagesLeft() < bestPagesLeft * PROGRESS;
            return progress
                    ? new Trend(
                            figures.round(), figures.pagesLeft(), figures.elapsedMs(), 0, stretchedMs, throttlePercent)
                    : new Trend(
                            figures.round(), bestPagesLeft, bestAtMs, stalledRounds + 1, stretchedMs, throttlePercent);
        }

        Trend stretched(long ms) {
            return new Trend(round, bestPagesLeft, bestAtMs, stalledRounds, ms, throttlePercent);
        }

        /// The next round is judged by itself: it is another guest now.
        Trend throttled(int percent, long elapsedMs) {
            return new Trend(round, Long.MAX_VALUE, elapsedMs, 0, stretchedMs, percent);
        }
    }

    sealed interface Decision {
        /// Send another round.
        record Continue() implements Decision {}

        record SwitchOver(double predictedDowntimeMs) implements Decision {}

        /// Slow the guest to this, and send another round.
        record Throttle(int percent) implements Decision {}

        /// The budget is larger from now on. Decide again.
        record Stretch(long budgetMs) implements Decision {}

        /// Switch over now: what is left comes after the guest.
        record LeavePages() implements Decision {}

        record Abort(String reason) implements Decision {}
    }

    /// @param trend to be handed in at the next decision
    record Step(Trend trend, Decision decision) {}

    static Step decide(MigrationPolicy policy, Trend before, Figures figures) {
        Trend trend = before.after(figures);
        if (figures.predictedDowntimeMs() <= trend.budgetMs(policy)) {
            return worthRefining(policy, figures)
                    ? new Step(trend, new Decision.Continue())
                    : new Step(trend, new Decision.SwitchOver(figures.predictedDowntimeMs()));
        }
        String exhausted = exhausted(policy, figures);
        OnSlow answer = policy.whenSlow().answer();
        if (!exhausted.isEmpty()) {
            return lastResort(policy, trend, figures, exhausted);
        }
        // A guest that writes as fast as the network carries need not be watched for a round before it is slowed.
        boolean hopeless = answer == OnSlow.THROTTLE && figures.dirtiedAgain() >= 1;
        if (trend.stalledRounds() == 0 && !hopeless) {
            return new Step(trend, new Decision.Continue());
        }
        return switch (answer) {
            case POST_COPY -> new Step(trend, new Decision.LeavePages());
            case THROTTLE -> throttle(policy, trend, figures);
            case STRETCH -> stretchOrWait(policy, trend, figures);
            case ABORT -> waitOrAbort(policy, trend, figures, "Its rounds bring nothing any more");
        };
    }

    /// The last thing that can be given before all that was sent is thrown away.
    private static Step lastResort(MigrationPolicy policy, Trend trend, Figures figures, String exhausted) {
        return switch (policy.whenSlow().answer()) {
            case POST_COPY -> new Step(trend, new Decision.LeavePages());
            case STRETCH ->
                stretchable(policy, figures)
                        ? stretch(trend, step(policy, trend, figures))
                        : abort(policy, trend, figures, exhausted);
            case THROTTLE, ABORT -> abort(policy, trend, figures, exhausted);
        };
    }

    private static Step throttle(MigrationPolicy policy, Trend trend, Figures figures) {
        int most = policy.whenSlow().throttlePercentMax();
        int now = trend.throttlePercent();
        if (now >= most) {
            return waitOrAbort(policy, trend, figures, "Slowing the guest by " + now + " % was not enough");
        }
        // The writes shrink with the processor time, so this much has to be left of it.
        double leftPart = (100 - now) * DIRTIED_AGAIN_AIM / Math.max(DIRTIED_AGAIN_AIM, figures.dirtiedAgain());
        int needed = THROTTLE_STEP * (int) Math.ceil((100 - leftPart) / THROTTLE_STEP);
        int least = Math.max(THROTTLE_FIRST, now + THROTTLE_STEP);
        int percent = Math.min(most, Math.clamp(needed, least, Math.max(least, now + THROTTLE_STEP_MAX)));
        return new Step(trend.throttled(percent, figures.elapsedMs()), new Decision.Throttle(percent));
    }

    /// One step for each stalled round; all that are needed at once if the guest rewrites the same pages again
    /// and again, for then waiting costs time and brings nothing.
    private static Step stretchOrWait(MigrationPolicy policy, Trend trend, Figures figures) {
        if (!stretchable(policy, figures)) {
            return waitOrAbort(
                    policy,
                    trend,
                    figures,
                    "Even a downtime of " + policy.whenSlow().downtimeMaxMs() + " ms would not be enough");
        }
        boolean steady = figures.hotPages() >= STEADY * figures.pagesLeft();
        long needed = step(policy, trend, figures);
        if (steady || trend.stalledRounds() > 1) {
            return stretch(trend, needed);
        }
        long next = Math.min(needed, Math.round(trend.budgetMs(policy) * STRETCH_FACTOR));
        return next == needed ? stretch(trend, needed) : new Step(trend.stretched(next), new Decision.Continue());
    }

    private static Step stretch(Trend trend, long budgetMs) {
        return new Step(trend.stretched(budgetMs), new Decision.Stretch(budgetMs));
    }

    private static boolean stretchable(MigrationPolicy policy, Figures figures) {
        return figures.predictedDowntimeMs() <= policy.whenSlow().downtimeMaxMs();
    }

    /// The smallest step that suffices. Steps grow by half.
    private static long step(MigrationPolicy policy, Trend trend, Figures figures) {
        double budget = trend.budgetMs(policy);
        while (budget < figures.predictedDowntimeMs()) {
            budget *= STRETCH_FACTOR;
        }
        return Math.min(Math.round(Math.ceil(budget)), policy.whenSlow().downtimeMaxMs());
    }

    private static Step waitOrAbort(MigrationPolicy policy, Trend trend, Figures figures, String why) {
        boolean patient =
                trend.stalledRounds() < PATIENCE_ROUNDS || figures.elapsedMs() - trend.bestAtMs() < PATIENCE_MS;
        return patient ? new Step(trend, new Decision.Continue()) : abort(policy, trend, figures, why);
    }

    private static Step abort(MigrationPolicy policy, Trend trend, Figures figures, String why) {
        return new Step(trend, new Decision.Abort(why + ": " + describe(policy, trend, figures)));
    }

    /// @return empty if there is room for another round
    private static String exhausted(MigrationPolicy policy, Figures figures) {
        if (figures.elapsedMs() >= policy.timeoutMs()) {
            return "It did not converge within " + policy.timeoutMs() + " ms";
        }
        if (figures.round() >= policy.roundsMax()) {
            return "It did not converge within " + policy.roundsMax() + " rounds";
        }
        if (figures.bytesSent() > bytesSentMax(figures.ramBytes())) {
            return "It has sent " + mib(figures.bytesSent()) + " without converging, more than "
                    + Limits.RAM_TIMES_SENT_MAX + " times the guest's memory";
        }
        return "";
    }

    /// Within the budget, but a round more would at least halve what is left, and rounds have kept that promise
    /// so far.
    private static boolean worthRefining(MigrationPolicy policy, Figures figures) {
        return exhausted(policy, figures).isEmpty()
                && figures.sendMs() > REFINE_MS_MIN
                && figures.dirtiedAgain() < 0.5
                && figures.pagesLeft() < figures.pagesLeftBefore() * 3 / 4;
    }

    private static long bytesSentMax(long ramBytes) {
        return ramBytes * Limits.RAM_TIMES_SENT_MAX;
    }

    private static String describe(MigrationPolicy policy, Trend trend, Figures figures) {
        return String.format(
                Locale.ROOT,
                "predicted downtime %.0f ms (budget %d ms), left to send %s, the guest writes %s/s, the network carries %s/s; %s",
                figures.predictedDowntimeMs(),
                trend.budgetMs(policy),
                mib((long) figures.bytesLeft()),
                mib(figures.dirtyBytesPerSecond()),
                mib(figures.bytesPerSecond()),
                advice(policy, trend, figures));
    }

    private static String advice(MigrationPolicy policy, Trend trend, Figures figures) {
        if (figures.fixedCostMs() > trend.budgetMs(policy)) {
            return "a switchover alone takes longer than the budget, so give a larger --downtime-ms";
        }
        return switch (policy.whenSlow().answer()) {
            case THROTTLE -> "give a larger --downtime-ms or more bandwidth, or --on-slow=stretch";
            case STRETCH ->
                "give a larger --downtime-max-ms or more bandwidth, or --on-slow=throttle or --on-slow=post-copy";
            case POST_COPY -> "give a larger --downtime-ms or more bandwidth";
            case ABORT ->
                "give a larger --downtime-ms or more bandwidth, or let something give way with --on-slow=throttle,"
                        + " --on-slow=stretch or --on-slow=post-copy";
        };
    }

    private static String mib(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20));
    }
}
