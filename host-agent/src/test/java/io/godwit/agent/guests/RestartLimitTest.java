package io.godwit.agent.guests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RestartLimitTest {
    private Instant now = Instant.EPOCH;
    private final RestartLimit limit = new RestartLimit(2, Duration.ofMinutes(10), () -> now);

    @Test
    void allowsSoManyInTheWindowAndMoreWhenItHasMovedOn() {
        assertThat(limit.tryRestart("g")).isTrue();
        now = now.plus(Duration.ofMinutes(6));
        assertThat(limit.tryRestart("g")).isTrue();
        assertThat(limit.tryRestart("g")).isFalse();
        assertThat(limit.tryRestart("other")).isTrue();
        now = now.plus(Duration.ofMinutes(5));
        assertThat(limit.tryRestart("g")).isTrue();
        assertThat(limit.tryRestart("g")).isFalse();
    }

    @Test
    void countsAfreshForAGuestThatWasForgotten() {
        limit.tryRestart("g");
        limit.tryRestart("g");
        limit.forget("g");
        assertThat(limit.tryRestart("g")).isTrue();
    }
}
