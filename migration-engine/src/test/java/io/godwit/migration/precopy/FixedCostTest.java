package io.godwit.migration.precopy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FixedCostTest {
    private final FixedCost cost = new FixedCost();
    private final double firstGuessMs = cost.ms();

    @Test
    void becomesWhatIsMeasuredAgainAndAgain() {
        for (int i = 0; i < 5; i++) {
            cost.learn(80);
        }
        assertThat(cost.ms()).isEqualTo(80);
    }

    @Test
    void aSingleOutlierDoesNotDecide() {
        cost.learn(500);
        assertThat(cost.ms()).isEqualTo(firstGuessMs);
        cost.learn(20);
        assertThat(cost.ms()).isEqualTo(20);
    }

    @Test
    void anAbsurdMeasurementIsBounded() {
        for (int i = 0; i < 5; i++) {
            cost.learn(1e12);
        }
        assertThat(cost.ms()).isEqualTo(2_000);
        for (int i = 0; i < 5; i++) {
            cost.learn(-1e12);
        }
        assertThat(cost.ms()).isEqualTo(1);
    }

    /// What was learned on a bad day must not keep every later migration from being tried.
    @Test
    void migrationsGivenUpPutABadFigureInDoubtUntilOneIsTriedAgain() {
        for (int i = 0; i < 5; i++) {
            cost.learn(2_000);
        }
        for (int givenUp = 0; givenUp < 3; givenUp++) {
            cost.doubt();
        }
        assertThat(cost.ms()).isEqualTo(firstGuessMs);
    }
}
