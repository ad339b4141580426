package io.godwit.chaos.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class PingSeriesTest {
    private static final long MS = 1_000_000;
    private static final Offset<Double> EXACT = within(1e-6);

    /// `System.nanoTime` was 7000 ms, below zero, when it was 1795260488 s.
    private static final ClockPair CLOCKS = new ClockPair(1_795_260_488_000L * MS, -7000 * MS);

    private static PingSeries series(String... answers) {
        StringBuilder output = new StringBuilder("PING 10.77.1.1 (10.77.1.1) 56(84) bytes of data.\n");
        for (String answer : answers) {
            String[] words = answer.split(" ", -1);
            output.append("[1795260488.%s] 64 bytes from 10.77.1.1: icmp_seq=%s ttl=64 time=%s ms%s\n"
                    .formatted(words[0], words[1], words[2], words.length > 3 ? " (DUP!)" : ""));
        }
        output.append("\n--- 10.77.1.1 ping statistics ---\n9 packets transmitted, 4 received, 55% packet loss\n");
        return PingSeries.parse(output.toString(), CLOCKS);
    }

    /// Milliseconds after the pair of clocks was read.
    private static double sentMs(PingSeries.Request request) {
        return (request.sentNs() + 7000 * MS) / (double) MS;
    }

    @Test
    void whatIsNotAnsweredWaitsForEverAndWasSentBetweenItsNeighbours() {
        PingSeries series = series("400500 1 0.5", "410500 2 0.5", "475000 5 35.0", "485500 6 0.500");
        assertThat(series.requests())
                .extracting(PingSeries.Request::waitMs)
                .containsExactly(0.5, 0.5, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, 35.0, 0.5);
        assertThat(sentMs(series.requests().get(0))).isCloseTo(400, EXACT);
        assertThat(sentMs(series.requests().get(2))).isCloseTo(420, EXACT);
        assertThat(sentMs(series.requests().get(3))).isCloseTo(430, EXACT);
        assertThat(sentMs(series.requests().get(4))).isCloseTo(440, EXACT);
    }

    @Test
    void thoseBeforeTheFirstAnswerWereSentAtTheProbesInterval() {
        PingSeries series = series("430000 3 10");
        assertThat(series.requests()).hasSize(3);
        assertThat(sentMs(series.requests().getFirst())).isCloseTo(400, EXACT);
        assertThat(series.requests().getFirst().waitMs()).isInfinite();
    }

    @Test
    void onlyTheFirstAnswerToARequestCounts() {
        assertThat(series("410000 1 10", "490000 1 90 DUP").requests())
                .extracting(PingSeries.Request::waitMs)
                .containsExactly(10.0);
    }

    @Test
    void answersThatOvertakeOthersStandInTheOrderOfTheirRequests() {
        assertThat(series("421000 2 11", "422000 1 22").requests())
                .extracting(PingSeries.Request::waitMs)
                .containsExactly(22.0, 11.0);
    }

    @Test
    void onlyWhatWasSentInTheTimeAskedForCountsWheneverItWasAnswered() {
        PingSeries series = series("401000 1 1", "490000 2 80", "422000 3 2", "443000 5 3");
        assertThat(series.p99Ms(-6595 * MS, -6575 * MS)).as("2 and 3").isEqualTo(80);
        assertThat(series.p99Ms(-6585 * MS, -6575 * MS)).as("3").isEqualTo(2);
        assertThat(series.p99Ms(-6585 * MS, -6550 * MS)).as("3 to 5").isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(series.p99Ms(-6500 * MS, -6400 * MS)).as("none").isNaN();
    }

    @Test
    void twoClocksThatAreReadTogetherTellTheSameMoment() {
        ClockPair earlier = ClockPair.read();
        ClockPair later = ClockPair.read();
        assertThat((earlier.nanoTime(later.epochNs()) - later.nanoTime()) / 1e6).isCloseTo(0, within(10_000.0));
        assertThat(CLOCKS.nanoTime(CLOCKS.epochNs() + 3)).isEqualTo(-7000 * MS + 3);
    }

    @Test
    void aSeriesWithoutAnswersHasNoRequestsThatAnythingIsKnownOf() {
        assertThat(series().requests()).isEmpty();
    }
}
