package io.godwit.migration.precopy;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.migration.MigrationPolicy;
import io.godwit.migration.OnSlow;
import io.godwit.migration.WhenSlow;
import io.godwit.migration.precopy.ConvergencePolicy.Decision;
import io.godwit.migration.precopy.ConvergencePolicy.Figures;
import io.godwit.migration.precopy.ConvergencePolicy.Step;
import io.godwit.migration.precopy.ConvergencePolicy.Trend;
import org.junit.jupiter.api.Test;

class ConvergencePolicyTest {
    private static final long MIB = 1 << 20;
    private static final long GIGABIT = 110 * MIB;
    private static final long PAGES_PER_MIB = 256;

    private static final MigrationPolicy STRICT =
            new MigrationPolicy(50, 0, 60_000, 10, 2, false).withWhenSlow(new WhenSlow(OnSlow.ABORT, 2_000, 80));

    private static Figures figures(int round, long mibLeft, long mibLeftBefore, long dirtyMib) {
        return figures(round, 1_000, mibLeft, mibLeftBefore, 0, dirtyMib);
    }

    private static Figures figures(
            int round, long elapsedMs, long mibLeft, long mibLeftBefore, long hotMib, long dirtyMib) {
        return new Figures(
                round,
                elapsedMs,
                mibLeft * PAGES_PER_MIB,
                mibLeftBefore * PAGES_PER_MIB,
                hotMib * PAGES_PER_MIB,
                4096,
                dirtyMib * MIB,
                GIGABIT,
                15,
                600 * MIB,
                512 * MIB);
    }

    private static Decision decide(Figures figures) {
        return ConvergencePolicy.decide(STRICT, Trend.NONE, figures).decision();
    }

    private static String reason(Decision decision) {
        assertThat(decision).isInstanceOf(Decision.Abort.class);
        return ((Decision.Abort) decision).reason();
    }

    @Test
    void switchesWhenWhatIsLeftFitsTheBudget() {
        assertThat(decide(figures(2, 0, 3, 20))).isEqualTo(new Decision.SwitchOver(15));
        assertThat(decide(figures(2, 3, 3, 20))).isInstanceOf(Decision.SwitchOver.class);
    }

    @Test
    void fixedCostIsPartOfTheBudget() {
        // 4 MiB take 36 ms at this bandwidth: within 50 ms, but not with 15 ms more.
        assertThat(decide(figures(2, 4, 4, 20))).isEqualTo(new Decision.Continue());
    }

    @Test
    void refinesWhileARoundHalvesWhatIsLeft() {
        assertThat(decide(figures(2, 2, 100, 20))).isEqualTo(new Decision.Continue());
        assertThat(decide(figures(10, 2, 100, 20))).isInstanceOf(Decision.SwitchOver.class);
        assertThat(decide(figures(2, 2, 100, 90))).isInstanceOf(Decision.SwitchOver.class);
    }

    @Test
    void refiningEnds() {
        long left = 3;
        long before = 100;
        int round = 1;
        while (decide(figures(round, left, before, 50)) instanceof Decision.Continue) {
            before = left;
            round++;
            assertThat(round).isLessThanOrEqualTo(10);
        }
        assertThat(round).isEqualTo(2);
    }

    @Test
    void givesUpAtEachCapAndShowsTheFigures() {
        assertThat(reason(decide(figures(10, 100, 100, 200))))
                .contains("10 rounds")
                .contains("924 ms")
                .contains("budget 50 ms")
                .contains("100.0 MiB")
                .contains("200.0 MiB/s")
                .contains("110.0 MiB/s")
                .contains("--downtime-ms");
        Figures late = new Figures(3, 60_000, 25_600, 25_600, 0, 4096, MIB, GIGABIT, 15, MIB, 512 * MIB);
        assertThat(reason(decide(late))).contains("within 60000 ms");
        Figures wasteful = new Figures(3, 10, 25_600, 25_600, 0, 4096, MIB, GIGABIT, 15, 5_121 * MIB, 512 * MIB);
        assertThat(reason(decide(wasteful))).contains("10 times the guest's memory");
    }

    @Test
    void saysSoWhenTheBudgetCanNeverBeMet() {
        Figures slow = new Figures(10, 10, 0, 0, 0, 4096, 0, GIGABIT, 70, MIB, 512 * MIB);
        assertThat(reason(decide(slow))).contains("a switchover alone takes longer");
    }

    @Test
    void anUnknownBandwidthIsNoReasonToSwitch() {
        Figures unknown = new Figures(1, 10, 256, 512, 0, 4096, 0, 0, 15, 0, 512 * MIB);
        assertThat(decide(unknown)).isEqualTo(new Decision.Continue());
    }

    @Test
    void aRoundIsJudgedOnceHoweverOftenItIsLookedAt() {
        Trend trend = Trend.NONE.after(figures(1, 100, 512, 200));
        assertThat(trend.stalledRounds()).isZero();
        for (int look = 0; look < 5; look++) {
            trend = trend.after(figures(2, 100, 100, 200));
            assertThat(trend.stalledRounds()).isEqualTo(1);
        }
        // Less by a tenth is no progress; less by a quarter is.
        assertThat(trend.after(figures(3, 90, 100, 200)).stalledRounds()).isEqualTo(2);
        assertThat(trend.after(figures(3, 75, 100, 200)).stalledRounds()).isZero();
    }

    @Test
    void convergesOnAGuestThatWritesSlowlyWhateverMayGiveWay() {
        for (OnSlow answer : OnSlow.values()) {
            for (long dirtyMib : new long[] {0, 20, 60}) {
                Outcome outcome = new Model(policy(answer), dirtyMib, 512).run();
                assertThat(outcome.completed()).as("%s at %s", answer, dirtyMib).isTrue();
                assertThat(outcome.trend.budgetMs(outcome.policy)).isEqualTo(50);
                assertThat(outcome.trend.throttlePercent()).isZero();
            }
        }
    }

    @Test
    void abortGivesUpSoonAndSaysWhatCouldGiveWay() {
        Outcome outcome = new Model(policy(OnSlow.ABORT), 200, 128).run();
        assertThat(reason(outcome.decision))
                .contains("bring nothing any more")
                .contains("the network carries 110.0 MiB/s")
                .contains("--on-slow=throttle");
        assertThat(outcome.elapsedMs).isBetween(5_000.0, 20_000.0);
        assertThat(outcome.trend.budgetMs(outcome.policy)).isEqualTo(50);
    }

    @Test
    void stretchTakesWhatASteadyGuestNeedsWithoutWaiting() {
        Outcome outcome = new Model(policy(OnSlow.STRETCH), 200, 128).run();
        assertThat(outcome.completed()).isTrue();
        // 128 MiB at 110 MiB/s and 15 ms, on a ladder of steps of a half.
        assertThat(outcome.trend.budgetMs(outcome.policy)).isBetween(1_179L, 1_179L * 3 / 2);
        assertThat(outcome.rounds).isLessThanOrEqualTo(3);
        assertThat(outcome.predictedMs()).isLessThanOrEqualTo((double) outcome.trend.budgetMs(outcome.policy));
        assertThat(outcome.trend.throttlePercent()).isZero();
    }

    @Test
    void stretchKeepsItsMaximumAndThenGivesUp() {
        Outcome outcome = new Model(policy(OnSlow.STRETCH), 300, 400).run();
        assertThat(reason(outcome.decision))
                .contains("2000 ms would not be enough")
                .contains("--downtime-max-ms");
        assertThat(outcome.trend.budgetMs(outcome.policy)).isLessThanOrEqualTo(2_000);
        assertThat(outcome.elapsedMs).isLessThan(30_000);
    }

    @Test
    void stretchGrowsStepByStepWhileOtherPagesAreWritten() {
        MigrationPolicy policy = policy(OnSlow.STRETCH);
        Trend trend = Trend.NONE.after(figures(1, 100, 512, 100));
        Step first = ConvergencePolicy.decide(policy, trend, figures(2, 3_000, 95, 100, 10, 100));
        assertThat(first.decision()).isEqualTo(new Decision.Continue());
        assertThat(first.trend().budgetMs(policy)).isEqualTo(75);
        Step second = ConvergencePolicy.decide(policy, first.trend(), figures(3, 4_000, 95, 95, 10, 100));
        assertThat(second.decision()).isInstanceOf(Decision.Stretch.class);
        Step third = ConvergencePolicy.decide(policy, second.trend(), figures(3, 4_000, 95, 95, 10, 100));
        assertThat(third.decision()).isInstanceOf(Decision.SwitchOver.class);
    }

    @Test
    void atTheDeadlineStretchGivesWhatItMayBeforeItThrowsEverythingAway() {
        MigrationPolicy policy = policy(OnSlow.STRETCH);
        Figures late = figures(5, 600_000, 50, 100, 0, 40);
        Step step = ConvergencePolicy.decide(policy, Trend.NONE, late);
        assertThat(step.decision()).isInstanceOf(Decision.Stretch.class);
        assertThat(ConvergencePolicy.decide(policy, step.trend(), late).decision())
                .isInstanceOf(Decision.SwitchOver.class);
        Figures tooMuch = figures(5, 600_000, 500, 600, 0, 40);
        assertThat(reason(ConvergencePolicy.decide(policy, Trend.NONE, tooMuch).decision()))
                .contains("within 600000 ms");
    }

    @Test
    void throttleKeepsTheBudgetAndStopsAtTheCap() {
        Outcome outcome = new Model(policy(OnSlow.THROTTLE), 200, 128).run();
        assertThat(outcome.completed()).isTrue();
        assertThat(outcome.trend.budgetMs(outcome.policy)).isEqualTo(50);
        assertThat(outcome.trend.throttlePercent()).isBetween(50, 80);
        assertThat(outcome.firstThrottle).isBetween(20, 40);

        Outcome tooFast = new Model(policy(OnSlow.THROTTLE), 2_000, 512).run();
        assertThat(reason(tooFast.decision)).contains("Slowing the guest by 80 % was not enough");
        assertThat(tooFast.trend.throttlePercent()).isEqualTo(80);
        assertThat(tooFast.elapsedMs).isLessThan(60_000);
    }

    @Test
    void postCopySwitchesAsSoonAsTheGuestIsFoundSlow() {
        // One round has brought nothing. The first cannot tell: what the pages that are left cost is not known yet.
        for (long dirtyMib : new long[] {120, 200, 2_000}) {
            Outcome stalled = new Model(policy(OnSlow.POST_COPY), dirtyMib, 128).run();
            assertThat(stalled.decision).isEqualTo(new Decision.LeavePages());
            assertThat(stalled.rounds).isEqualTo(2);
            assertThat(stalled.trend.budgetMs(stalled.policy)).isEqualTo(50);
            assertThat(stalled.trend.throttlePercent()).isZero();
        }
    }

    @Test
    void postCopyIsNotUsedForWhatFitsOrForAnUnknownBandwidthAndIsAtEveryCap() {
        MigrationPolicy policy = policy(OnSlow.POST_COPY);
        assertThat(ConvergencePolicy.decide(policy, Trend.NONE, figures(2, 2, 100, 90))
                        .decision())
                .isInstanceOf(Decision.SwitchOver.class);
        Figures unknown = new Figures(1, 10, 256, 512, 0, 4096, MIB, 0, 15, 0, 512 * MIB);
        assertThat(ConvergencePolicy.decide(policy, Trend.NONE, unknown).decision())
                .isEqualTo(new Decision.Continue());
        assertThat(ConvergencePolicy.decide(policy, Trend.NONE, figures(30, 50, 100, 40))
                        .decision())
                .isEqualTo(new Decision.LeavePages());
    }

    @Test
    void throttleStepsAreAtLeastTenAndAtMostThirty() {
        MigrationPolicy policy = policy(OnSlow.THROTTLE);
        int percent = 0;
        Trend trend = Trend.NONE;
        for (int round = 1; round <= 12; round++) {
            Step step = ConvergencePolicy.decide(policy, trend, figures(round, round * 100L, 200, 200, 200, 5_000));
            trend = step.trend();
            if (step.decision() instanceof Decision.Throttle slower) {
                assertThat(slower.percent() - percent).isBetween(10, 30);
                percent = slower.percent();
            }
        }
        assertThat(percent).isEqualTo(80);
    }

    private static MigrationPolicy policy(OnSlow answer) {
        return new MigrationPolicy(50, 0, 600_000, 30, 2, false).withWhenSlow(new WhenSlow(answer, 2_000, 80));
    }

    private record Outcome(
            MigrationPolicy policy, Trend trend, Decision decision, int rounds, double elapsedMs, int firstThrottle) {
        boolean completed() {
            return decision instanceof Decision.SwitchOver;
        }

        double predictedMs() {
            return ((Decision.SwitchOver) decision).predictedDowntimeMs();
        }
    }

    /// A guest that rewrites a working set at a rate, over a network that carries a rate.
    private record Model(MigrationPolicy policy, long dirtyMib, long workingSetMib) {
        Outcome run() {
            Trend trend = Trend.NONE;
            double left = 512 * MIB;
            long before = Long.MAX_VALUE / 4;
            double elapsedMs = 0;
            double sent = 0;
            double speed = 1;
            int firstThrottle = 0;
            for (int round = 1; round <= 100; round++) {
                double seconds = left / GIGABIT;
                sent += left;
                elapsedMs += seconds * 1000;
                double written = seconds * dirtyMib * MIB * speed;
                double workingSet = (double) workingSetMib * MIB;
                double hot = Math.min(left, Math.min(workingSet, written));
                left = Math.min(workingSet, written);
                long pages = (long) (left / 4096);
                Step step;
                do {
                    step = ConvergencePolicy.decide(
                            policy,
                            trend,
                            new Figures(
                                    round,
                                    (long) elapsedMs,
                                    pages,
                                    before,
                                    round == 1 ? 0 : (long) (hot / 4096),
                                    4096,
                                    (long) (left / Math.max(seconds, 1e-9)),
                                    GIGABIT,
                                    15,
                                    (long) sent,
                                    512 * MIB));
                    trend = step.trend();
                } while (step.decision() instanceof Decision.Stretch);
                if (step.decision() instanceof Decision.Throttle slower) {
                    speed = (100 - slower.percent()) / 100.0;
                    firstThrottle = firstThrottle == 0 ? slower.percent() : firstThrottle;
                } else if (!(step.decision() instanceof Decision.Continue)) {
                    return new Outcome(policy, trend, step.decision(), round, elapsedMs, firstThrottle);
                }
                before = pages;
            }
            throw new AssertionError("No decision within 100 rounds");
        }
    }
}
