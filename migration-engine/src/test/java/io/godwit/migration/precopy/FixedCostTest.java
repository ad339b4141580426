package io.godwit.migration.precopy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FixedCostTest {
    private final FixedCost cost = new FixedCost();

    @Test
    void movesTowardsWhatIsMeasured() {
        double before = cost.ms();
        cost.learn(before + 100);
        assertThat(cost.ms()).isBetween(before + 1, before + 99);
    }

    @Test
    void anAbsurdMeasurementIsBounded() {
        cost.learn(1e12);
        assertThat(cost.ms()).isLessThan(2_000);
        cost.learn(-1e12);
        assertThat(cost.ms()).isPositive();
    }

    /// One switchover on a busy day must not keep every later migration from being tried.
    @Test
    void migrationsGivenUpPutABadFigureInDoubtUntilOneIsTriedAgain() {
        double first = cost.ms();
        cost.learn(2_000);
        for (int givenUp = 0; givenUp < 8; givenUp++) {
            cost.doubt();
        }
        assertThat(cost.ms()).isCloseTo(first, org.assertj.core.data.Offset.offset(5.0));
    }

    @Test
    void doubtNeverMakesItWorse() {
        cost.learn(1);
        double good = cost.ms();
        cost.doubt();
        assertThat(cost.ms()).isLessThanOrEqualTo(good);
    }
}
