package io.godwit.benchmarks.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class EchoSeriesTest {
    private static final long MS = 1_000_000;

    /// One a millisecond, each answered after half of one.
    private static EchoSeries steady(int count) {
        long[] sent = new long[count];
        long[] answered = new long[count];
        for (int i = 0; i < count; i++) {
            sent[i] = 1000 * MS + i * MS;
            answered[i] = sent[i] + MS / 2;
        }
        return new EchoSeries(sent, answered, 0);
    }

    private static EchoSeen all(EchoSeries series) {
        return series.between(1000 * MS, 1000 * MS + series.sentNs().length * MS);
    }

    @Test
    void aSteadySeriesLosesNothingAndIsSilentForNoLongerThanItsInterval() {
        EchoSeen seen = all(steady(100));
        assertThat(seen.sent()).isEqualTo(100);
        assertThat(seen.lost()).isZero();
        assertThat(seen.silenceMs()).isCloseTo(1, within(1e-9));
        assertThat(seen.p50Ms()).isCloseTo(0.5, within(1e-9));
        assertThat(seen.p99Ms()).isCloseTo(0.5, within(1e-9));
        assertThat(seen.sendGapMs()).isCloseTo(1, within(1e-9));
    }

    @Test
    void whatIsNeverAnsweredIsLostAndMakesASilence() {
        EchoSeries series = steady(100);
        for (int i = 40; i < 60; i++) {
            series.answeredNs()[i] = 0;
        }
        EchoSeen seen = all(series);
        assertThat(seen.lost()).isEqualTo(20);
        assertThat(seen.p50Ms()).isCloseTo(0.5, within(1e-9));
        assertThat(seen.p99Ms()).as("nobody gains by losing it").isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(seen.silenceMs()).isCloseTo(21, within(1e-9));
        assertThat(seen.silenceBeganMs()).as("with the answer to 39").isCloseTo(39.5, within(1e-9));
        assertThat(seen.sendGapMs()).as("the probe went on").isCloseTo(1, within(1e-9));
    }

    @Test
    void whatIsAnsweredLateIsASilenceAndNoLoss() {
        EchoSeries series = steady(100);
        for (int i = 40; i < 60; i++) {
            series.answeredNs()[i] = 1060 * MS;
        }
        EchoSeen seen = all(series);
        assertThat(seen.lost()).isZero();
        assertThat(seen.silenceMs()).isCloseTo(20.5, within(1e-9));
        assertThat(seen.silenceBeganMs()).isCloseTo(39.5, within(1e-9));
        assertThat(seen.p99Ms()).isCloseTo(19, within(0.1));
    }

    @Test
    void anAnswerThatOvertakesAnotherMakesNoNegativeGap() {
        EchoSeries series = steady(10);
        series.answeredNs()[4] = series.sentNs()[9];
        assertThat(all(series).silenceMs()).isCloseTo(2, within(1e-9));
    }

    @Test
    void nothingAtAllIsASilenceOfTheWholeTime() {
        EchoSeen seen = new EchoSeries(new long[0], new long[0], 0).between(5 * MS, 25 * MS);
        assertThat(seen.sent()).isZero();
        assertThat(seen.silenceMs()).isCloseTo(20, within(1e-9));
        assertThat(seen.silenceBeganMs()).isZero();
        assertThat(seen.p50Ms()).isNaN();
    }

    @Test
    void aSilenceUntilTheEndBeginsWithTheLastAnswer() {
        EchoSeries series = steady(100);
        for (int i = 70; i < 100; i++) {
            series.answeredNs()[i] = 0;
        }
        EchoSeen seen = series.between(1050 * MS, 1100 * MS);
        assertThat(seen.silenceMs()).isCloseTo(30.5, within(1e-9));
        assertThat(seen.silenceBeganMs()).as("since the moment asked for").isCloseTo(19.5, within(1e-9));
    }

    @Test
    void onlyTheTimeAskedForCounts() {
        EchoSeries series = steady(100);
        for (int i = 0; i < 30; i++) {
            series.answeredNs()[i] = 0;
        }
        EchoSeen seen = series.between(1050 * MS, 1100 * MS);
        assertThat(seen.sent()).isEqualTo(50);
        assertThat(seen.lost()).isZero();
        assertThat(seen.silenceMs()).isCloseTo(1, within(1e-9));
    }
}
