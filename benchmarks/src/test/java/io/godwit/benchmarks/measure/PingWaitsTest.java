package io.godwit.benchmarks.measure;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.chaos.probe.PingSeries;
import io.godwit.chaos.probe.PingSeries.Request;
import java.util.List;
import org.junit.jupiter.api.Test;

class PingWaitsTest {
    private static final long MS = 1_000_000;

    /// Of a command at 2000 ms.
    private static PingWaits waits(double silenceBeganMs, Request... requests) {
        EchoSeen echoes = new EchoSeen(5000, 0, 0, 90, silenceBeganMs, 0.5, 3, 1);
        return PingWaits.of(new PingSeries(List.of(requests)), echoes, 500 * MS, 2000 * MS, 6000 * MS);
    }

    private static Request request(long sentMs, double waitMs) {
        return new Request(sentMs * MS, waitMs);
    }

    @Test
    void whatTheRoundsDoToPingsIsToldApartFromTheSilence() {
        PingWaits waits = waits(
                1000,
                request(1990, 8),
                request(2000, 2),
                request(2990, 3),
                request(3000, 90),
                request(5990, 1),
                request(6000, 700));
        assertThat(waits.p99BeforeSilenceMs()).isEqualTo(3);
        assertThat(waits.p99Ms()).isEqualTo(90);
    }

    @Test
    void aPingThatIsLostInTheRoundsWaitsForEver() {
        PingWaits waits = waits(1000, request(2500, Double.POSITIVE_INFINITY), request(3500, 1));
        assertThat(waits.p99BeforeSilenceMs()).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(waits.p99Ms()).isEqualTo(Double.POSITIVE_INFINITY);
    }

    @Test
    void aSilenceThatBeginsWithTheCommandHasNothingBeforeIt() {
        assertThat(waits(0, request(2000, 1)).p99BeforeSilenceMs()).isNaN();
    }
}
