package io.godwit.chaos.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.godwit.chaos.lab.LabException;
import org.junit.jupiter.api.Test;

final class PingLogTest {
    private static final String SERIES = """
            PING 10.77.1.1 (10.77.1.1) 56(84) bytes of data.
            [1795260488.400000] 64 bytes from 10.77.1.1: icmp_seq=1 ttl=64 time=0.5 ms
            [1795260488.410000] 64 bytes from 10.77.1.1: icmp_seq=2 ttl=64 time=0.5 ms
            [1795260488.475000] 64 bytes from 10.77.1.1: icmp_seq=5 ttl=64 time=35.0 ms
            [1795260488.475100] 64 bytes from 10.77.1.1: icmp_seq=5 ttl=64 time=35.1 ms (DUP!)
            [1795260488.485000] 64 bytes from 10.77.1.1: icmp_seq=6 ttl=64 time=0.5 ms

            --- 10.77.1.1 ping statistics ---
            """;

    @Test
    void countsLostOnesAndTheLongestSilence() {
        PingLog log = PingLog.parse(SERIES + "6 packets transmitted, 4 received, 33.3333% packet loss, time 60ms\n");
        assertThat(log.sent()).isEqualTo(6);
        assertThat(log.lost()).isEqualTo(2);
        assertThat(log.duplicates()).isZero();
        assertThat(log.unanswered()).as("3 and 4").isEqualTo(2);
        assertThat(log.longestSilenceMs()).isCloseTo(65, within(0.01));
    }

    @Test
    void duplicatesAreNotTakenForAnswers() {
        PingLog log = PingLog.parse(
                SERIES + "6 packets transmitted, 4 received, +1 duplicates, 33.3333% packet loss, time 60ms\n");
        assertThat(log.duplicates()).isEqualTo(1);
        assertThat(log.lost()).isEqualTo(2);
    }

    @Test
    void aSeriesWithoutSummaryIsRefusedRatherThanTakenForAGoodOne() {
        assertThatThrownBy(() -> PingLog.parse(SERIES))
                .isInstanceOf(LabException.class)
                .hasMessageContaining("no summary");
    }
}
