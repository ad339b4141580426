package io.godwit.benchmarks.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class WorkSeriesTest {
    private static final long S = 1_000_000_000;

    @Test
    void workIsTakenStraightBetweenTheMomentsAtWhichItChanged() {
        WorkSeries series = new WorkSeries();
        series.add(0, 0);
        series.add(S, 100);
        series.add(2 * S, 300);
        assertThat(series.perSecond(0, 2 * S)).isCloseTo(150, within(1e-9));
        assertThat(series.perSecond(S / 2, 3 * S / 2)).isCloseTo(150, within(1e-9));
    }

    @Test
    void aFigureThatWasSeenBeforeIsStaleAndNoPoint() {
        WorkSeries series = new WorkSeries();
        series.add(0, 0);
        series.add(S, 100);
        series.add(S + S / 2, 100);
        series.add(2 * S, 200);
        assertThat(series.perSecond(S, 2 * S)).isCloseTo(100, within(1e-9));
        assertThat(series.perSecond(S, S + S / 2)).isCloseTo(100, within(1e-9));
    }

    @Test
    void aGuestThatStoppedAtTheEndHasDoneNothingSince() {
        WorkSeries series = new WorkSeries();
        series.add(0, 0);
        series.add(S, 100);
        assertThat(series.perSecond(0, 4 * S)).isCloseTo(25, within(1e-9));
    }

    @Test
    void aGuestThatWritesNothingHasNoPace() {
        WorkSeries series = new WorkSeries();
        series.add(0, 5);
        series.add(S, 5);
        assertThat(series.perSecond(0, S)).isNaN();
    }
}
