package io.godwit.migration.precopy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PacerTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @Test
    void keepsToTheRateOverTime() {
        Pacer pacer = new Pacer(1_000_000);
        long now = 5 * SECOND;
        for (int i = 0; i < 100; i++) {
            now += pacer.reserve(10_000, now);
        }
        assertThat(now - 5 * SECOND).isBetween(SECOND * 97 / 100, SECOND);
    }

    @Test
    void restDoesNotSaveUpMoreThanABurst() {
        Pacer pacer = new Pacer(1_000_000);
        long now = 5 * SECOND;
        pacer.reserve(10_000, now);
        now += 60 * SECOND;
        long waited = 0;
        for (int i = 0; i < 10; i++) {
            waited += pacer.reserve(10_000, now + waited);
        }
        assertThat(waited).isGreaterThanOrEqualTo(SECOND * 8 / 100);
    }

    @Test
    void worksWithAClockThatIsNegative() {
        Pacer pacer = new Pacer(1_000);
        long now = Long.MIN_VALUE + 7;
        assertThat(pacer.reserve(1_000, now)).isZero();
        assertThat(pacer.reserve(1_000, now)).isBetween(SECOND * 9 / 10, SECOND);
    }

    @Test
    void noCapNeverWaits() {
        Pacer pacer = new Pacer(0);
        assertThat(pacer.reserve(Long.MAX_VALUE, 0)).isZero();
        assertThat(pacer.reserve(Long.MAX_VALUE, 0)).isZero();
    }
}
