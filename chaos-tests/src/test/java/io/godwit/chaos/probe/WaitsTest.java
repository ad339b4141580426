package io.godwit.chaos.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

final class WaitsTest {
    private static DoubleStream steady(int answered, int lost) {
        return DoubleStream.concat(
                DoubleStream.iterate(1, wait -> wait + 1).limit(answered),
                DoubleStream.generate(() -> Double.POSITIVE_INFINITY).limit(lost));
    }

    @Test
    void thePercentileIsTheLastOfItsShare() {
        assertThat(Waits.percentileMs(steady(100, 0), 0.99)).isEqualTo(99);
        assertThat(Waits.percentileMs(steady(100, 0), 0.5)).isEqualTo(50);
        assertThat(Waits.percentileMs(steady(1, 0), 0.99)).isEqualTo(1);
    }

    @Test
    void oneLostInAHundredMovesItAndTwoMakeItLost() {
        assertThat(Waits.percentileMs(steady(99, 1), 0.99)).isEqualTo(99);
        assertThat(Waits.percentileMs(steady(98, 2), 0.99)).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(Waits.percentileMs(steady(98, 2), 0.5)).isEqualTo(50);
    }

    @Test
    void ofNothingThereIsNone() {
        assertThat(Waits.percentileMs(DoubleStream.empty(), 0.99)).isNaN();
    }
}
