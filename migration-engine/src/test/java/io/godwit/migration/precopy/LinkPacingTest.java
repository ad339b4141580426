package io.godwit.migration.precopy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.migration.metrics.MigrationMeters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class LinkPacingTest {
    private final MigrationMeters meters = new MigrationMeters(new SimpleMeterRegistry(), Level.INFO);
    private final Pacer pacer = new Pacer(0);

    @Test
    void governsFromTheFirstFrameOn() {
        // At this clock nothing is ever long enough ago to give up.
        try (LinkPacing _ = new LinkPacing(List.of(), pacer, () -> 0, meters, true)) {
            assertThat(pacer.bytesPerSecond()).isEqualTo(DelayGovernor.RATE_START);
        }
    }

    @Test
    void yieldsToNobodyIfNoRoundTripIsEverTold() {
        try (LinkPacing _ = new LinkPacing(List.of(), pacer, System::nanoTime, meters, true)) {
            await().atMost(Duration.ofSeconds(20)).until(() -> pacer.bytesPerSecond() == 0);
        }
    }

    @Test
    void oneThatDoesNotYieldHasNoRateButTheCap() {
        try (LinkPacing _ = new LinkPacing(List.of(), pacer, System::nanoTime, meters, false)) {
            assertThat(pacer.bytesPerSecond()).isZero();
        }
    }

    @Test
    void inAHurryOnlyTheCapHolds() {
        Pacer capped = new Pacer(64L << 30);
        try (LinkPacing pacing = new LinkPacing(List.of(), capped, () -> 0, meters, true)) {
            pacing.hurry();
            assertThat(capped.bytesPerSecond()).isEqualTo(64L << 30);
        }
    }
}
