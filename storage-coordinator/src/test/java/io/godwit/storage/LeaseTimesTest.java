package io.godwit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LeaseTimesTest {
    private static final int TIMEOUT_MS = 6_000;

    @Test
    void theDefaultsAreSafeAndTakeOverWithinFourSecondsOfTheTimeout() {
        LeaseTimes times = LeaseTimes.of(LeaseSettings.DEFAULT, TIMEOUT_MS);

        assertThat(LeaseTimes.objections(LeaseSettings.DEFAULT, TIMEOUT_MS)).isEmpty();
        assertThat(times).isEqualTo(new LeaseTimes(TIMEOUT_MS, 4_500, 6_500, 1_000, 4_805, 6_807, 4_994, 1_815));
        assertThat(times.takeoverLatestMs(LeaseSettings.DEFAULT)).isLessThan(TIMEOUT_MS + 4_000);
        assertThat(times.words()).contains("paused at 4500 ms", "killed at 6500 ms", "waits 1815 ms");
    }

    @Test
    void saysEverythingThatIsUnsafeAtOnce() {
        LeaseSettings settings = new LeaseSettings(0.4, 3_000, 2_500, 2_000, 300, 2_000);

        assertThat(LeaseTimes.objections(settings, TIMEOUT_MS))
                .satisfiesExactlyInAnyOrder(
                        o -> assertThat(o).startsWith("guests may run until 6107 ms after the last renewal"),
                        o -> assertThat(o).startsWith("guests would be paused 3600 ms after the last renewal"),
                        o -> assertThat(o).startsWith("only 1 renewals of one each 3000 ms fit"),
                        o -> assertThat(o).startsWith("guests would be killed 2000 ms after the deadline"));
    }

    @Test
    void refusesASafetyThatIsNone() {
        for (double safety : new double[] {0, 1, -1, Double.NaN}) {
            LeaseSettings settings = new LeaseSettings(safety, 1_000, 300, 2_000, 300, 2_000);
            assertThat(LeaseTimes.objections(settings, TIMEOUT_MS))
                    .singleElement()
                    .asString()
                    .contains("the safety is not");
        }
    }

    @Test
    void aShortSessionTimeoutLeavesNoRoom() {
        assertThat(LeaseTimes.objections(LeaseSettings.DEFAULT, 2_000)).isNotEmpty();
    }

    /// With clocks that drift as far as they may, in either direction, and a leader that heard of the session as
    /// early as it may have: the guest is paused before the session ends, and gone before a taker has waited.
    @Test
    void whateverIsAcceptedStopsTheFormerOwnerBeforeTheNextOneStarts() {
        Random random = new Random(20);
        int accepted = 0;
        for (int i = 0; i < 20_000; i++) {
            LeaseSettings settings = new LeaseSettings(
                    0.05 + random.nextDouble() * 0.3,
                    50 + random.nextInt(2_000),
                    50 + random.nextInt(500),
                    100 + random.nextInt(5_000),
                    50 + random.nextInt(500),
                    50 + random.nextInt(3_000));
            int timeoutMs = 1_000 + random.nextInt(30_000);
            if (!LeaseTimes.objections(settings, timeoutMs).isEmpty()) {
                continue;
            }
            accepted++;
            double drift = LeaseSettings.DRIFT_PPM / 1e6;
            double owner = 1 + (random.nextDouble() * 2 - 1) * drift;
            double server = 1 + (random.nextDouble() * 2 - 1) * drift;
            double taker = 1 + (random.nextDouble() * 2 - 1) * drift;
            LeaseTimes times = LeaseTimes.of(settings, timeoutMs);
            double heard = -random.nextDouble() * Math.max(settings.renewIntervalMs(), settings.serverTickMs() / 2.0);
            double paused = (times.pauseAfterMs() + random.nextDouble() * settings.pauseMs()) * owner;
            double killed = (times.killAfterMs() + random.nextDouble() * settings.killMs()) * owner;
            double expired = heard + timeoutMs * server;
            assertThat(paused).as("%s", settings).isLessThan(expired);
            assertThat(killed).as("%s", settings).isLessThanOrEqualTo(expired + times.takeoverWaitMs() * taker);
        }
        assertThat(accepted).isGreaterThan(500);
    }
}
