package io.godwit.chaos.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.chaos.lab.LabException;
import org.junit.jupiter.api.Test;

final class RoundTripsTest {
    @Test
    void readsEveryAnswerAndSortsThem() {
        RoundTrips trips = RoundTrips.parse("""
                PING 10.77.1.1 (10.77.1.1) 56(84) bytes of data.
                [1795260488.400000] 64 bytes from 10.77.1.1: icmp_seq=1 ttl=64 time=0.5 ms
                [1795260488.475000] 64 bytes from 10.77.1.1: icmp_seq=5 ttl=64 time=35 ms
                [1795260488.485000] 64 bytes from 10.77.1.1: icmp_seq=6 ttl=64 time=1.25 ms (DUP!)
                6 packets transmitted, 2 received, 66% packet loss, time 60ms
                """);
        assertThat(trips.sortedMs()).containsExactly(0.5, 1.25, 35.0);
        assertThat(trips.ms(0)).isEqualTo(0.5);
        assertThat(trips.ms(0.5)).isEqualTo(1.25);
        assertThat(trips.ms(1)).isEqualTo(35);
    }

    @Test
    void aSeriesWithoutAnswersIsNotAGoodOne() {
        assertThatThrownBy(() -> RoundTrips.parse("6 packets transmitted, 0 received, 100% packet loss, time 60ms"))
                .isInstanceOf(LabException.class);
    }
}
