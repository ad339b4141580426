package io.godwit.migration.precopy;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.migration.MigrationPolicy;
import io.godwit.migration.precopy.ConvergencePolicy.Decision;
import io.godwit.migration.precopy.ConvergencePolicy.Figures;
import org.junit.jupiter.api.Test;

class ConvergencePolicyTest {
    private static final long MIB = 1 << 20;
    private static final long GIGABIT = 110 * MIB;
    private static final long PAGES_PER_MIB = 256;

    private final ConvergencePolicy policy = new ConvergencePolicy(new MigrationPolicy(50, 0, 60_000, 10, 2, false));

    private static Figures figures(int round, long mibLeft, long mibLeftBefore, long dirtyMib) {
        return new Figures(
                round,
                1_000,
                mibLeft * PAGES_PER_MIB,
                mibLeftBefore * PAGES_PER_MIB,
                4096,
                dirtyMib * MIB,
                GIGABIT,
                15,
                600 * MIB,
                512 * MIB);
    }

    @Test
    void switchesWhenWhatIsLeftFitsTheBudget() {
        assertThat(policy.decide(figures(2, 0, 3, 20))).isEqualTo(new Decision.SwitchOver(15));
        assertThat(policy.decide(figures(2, 3, 3, 20))).isInstanceOf(Decision.SwitchOver.class);
    }

    @Test
    void fixedCostIsPartOfTheBudget() {
        // 4 MiB take 36 ms at this bandwidth: within 50 ms, but not with 15 ms more.
        assertThat(policy.decide(figures(2, 4, 4, 20))).isEqualTo(new Decision.Continue());
    }

    @Test
    void refinesWhileARoundHalvesWhatIsLeft() {
        assertThat(policy.decide(figures(2, 2, 100, 20))).isEqualTo(new Decision.Continue());
        assertThat(policy.decide(figures(10, 2, 100, 20))).isInstanceOf(Decision.SwitchOver.class);
        assertThat(policy.decide(figures(2, 2, 100, 90))).isInstanceOf(Decision.SwitchOver.class);
    }

    @Test
    void refiningEnds() {
        long left = 3;
        long before = 100;
        int round = 1;
        while (policy.decide(figures(round, left, before, 50)) instanceof Decision.Continue) {
            before = left;
            round++;
            assertThat(round).isLessThanOrEqualTo(10);
        }
        assertThat(round).isEqualTo(2);
    }

    @Test
    void givesUpAtEachCapAndShowsTheFigures() {
        Decision rounds = policy.decide(figures(10, 100, 100, 200));
        assertThat(rounds)
                .isInstanceOfSatisfying(
                        Decision.Abort.class,
                        abort -> assertThat(abort.reason())
                                .contains("10 rounds")
                                .contains("924 ms")
                                .contains("budget 50 ms")
                                .contains("100.0 MiB")
                                .contains("200.0 MiB/s")
                                .contains("110.0 MiB/s")
                                .contains("--downtime-ms"));
        Figures late = new Figures(3, 60_000, 25_600, 25_600, 4096, MIB, GIGABIT, 15, MIB, 512 * MIB);
        assertThat(policy.decide(late))
                .isInstanceOfSatisfying(
                        Decision.Abort.class,
                        abort -> assertThat(abort.reason()).contains("within 60000 ms"));
        Figures wasteful = new Figures(3, 10, 25_600, 25_600, 4096, MIB, GIGABIT, 15, 5_121 * MIB, 512 * MIB);
        assertThat(policy.decide(wasteful))
                .isInstanceOfSatisfying(
                        Decision.Abort.class,
                        abort -> assertThat(abort.reason()).contains("10 times the guest's memory"));
    }

    @Test
    void saysSoWhenTheBudgetCanNeverBeMet() {
        Figures slow = new Figures(10, 10, 0, 0, 4096, 0, GIGABIT, 70, MIB, 512 * MIB);
        assertThat(policy.decide(slow))
                .isInstanceOfSatisfying(
                        Decision.Abort.class,
                        abort -> assertThat(abort.reason()).contains("a switchover alone takes longer"));
    }

    @Test
    void anUnknownBandwidthIsNoReasonToSwitch() {
        Figures unknown = new Figures(1, 10, 256, 512, 4096, 0, 0, 15, 0, 512 * MIB);
        assertThat(policy.decide(unknown)).isEqualTo(new Decision.Continue());
    }

    @Test
    void convergesOnAModelOfAGuestAndDoesNotOnAFasterOne() {
        assertThat(simulate(20)).isInstanceOf(Decision.SwitchOver.class);
        assertThat(simulate(90)).isInstanceOf(Decision.SwitchOver.class);
        assertThat(simulate(200)).isInstanceOf(Decision.Abort.class);
    }

    /// A guest that dirties new pages at a rate, and a network that carries a rate.
    private Decision simulate(long dirtyMib) {
        ConvergencePolicy patient = new ConvergencePolicy(new MigrationPolicy(50, 0, 600_000, 30, 2, false));
        double left = 512 * MIB;
        long before = Long.MAX_VALUE / 4;
        double elapsedMs = 0;
        double sent = 0;
        for (int round = 1; round <= 40; round++) {
            double seconds = left / GIGABIT;
            sent += left;
            elapsedMs += seconds * 1000;
            left = Math.min(512 * MIB, seconds * dirtyMib * MIB);
            long pages = (long) (left / 4096);
            Decision decision = patient.decide(new Figures(
                    round, (long) elapsedMs, pages, before, 4096, dirtyMib * MIB, GIGABIT, 15, (long) sent, 512 * MIB));
            if (!(decision instanceof Decision.Continue)) {
                return decision;
            }
            before = pages;
        }
        throw new AssertionError("No decision within 40 rounds");
    }
}
