package io.godwit.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class SpreadTest {
    @Test
    void theMiddleOfAnOddNumberIsOneOfThem() {
        Spread spread = Spread.of(DoubleStream.of(5, 1, 3));
        assertThat(spread).isEqualTo(new Spread(3, 1, 5, 3));
        assertThat(spread.text(1)).isEqualTo("3.0 (1.0 to 5.0)");
    }

    @Test
    void theMiddleOfAnEvenNumberLiesBetweenTwo() {
        assertThat(Spread.of(DoubleStream.of(4, 1, 3, 100)).median()).isEqualTo(3.5);
    }

    @Test
    void whatIsLostIsWorseThanAnyFigure() {
        assertThat(Spread.of(DoubleStream.of(Double.POSITIVE_INFINITY, 2, 1)).text(1))
                .isEqualTo("2.0 (1.0 to lost)");
        assertThat(Spread.of(DoubleStream.of(Double.POSITIVE_INFINITY, 2)).text(1))
                .isEqualTo("lost (2.0 to lost)");
        assertThat(Spread.of(DoubleStream.of(Double.POSITIVE_INFINITY)).text(1)).isEqualTo("lost");
    }

    @Test
    void whatWasNotMeasuredDoesNotCount() {
        Spread spread = Spread.of(DoubleStream.of(Double.NaN, 2));
        assertThat(spread.count()).isEqualTo(1);
        assertThat(spread.text(0)).isEqualTo("2");
        assertThat(Spread.of(DoubleStream.of(Double.NaN)).text(2)).isEqualTo("-");
    }
}
