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

    @Test
    void theLowerOfTwoRatesHoldsAndBothMayChange() {
        Pacer pacer = new Pacer(1_000_000);
        assertThat(pacer.bytesPerSecond()).isEqualTo(1_000_000);
        pacer.yielding(400_000, 0);
        assertThat(pacer.bytesPerSecond()).isEqualTo(400_000);
        pacer.cap(0, 0);
        assertThat(pacer.bytesPerSecond()).isEqualTo(400_000);
        pacer.yielding(0, 0);
        assertThat(pacer.bytesPerSecond()).isZero();
        assertThat(pacer.reserve(1 << 30, 0)).isZero();
        pacer.cap(1_000_000, 0);
        long now = SECOND;
        for (int i = 0; i < 100; i++) {
            now += pacer.reserve(10_000, now);
        }
        assertThat(now - SECOND).isBetween(SECOND * 97 / 100, SECOND);
    }

    @Test
    void whoWaitsHeedsAHigherRateAtOnce() {
        Pacer pacer = new Pacer(1_000);
        pacer.reserve(100_000, SECOND);
        long place = pacer.book(100_000, SECOND);
        assertThat(pacer.waitNanos(place, SECOND)).isGreaterThan(90 * SECOND);
        pacer.cap(1_000_000, SECOND);
        assertThat(pacer.waitNanos(place, SECOND)).isBetween(SECOND / 20, SECOND / 4);
        pacer.cap(0, SECOND);
        assertThat(pacer.waitNanos(place, SECOND)).isZero();
    }

    @Test
    void whoWaitsIsNotOvertakenWhenTheRateGrows() {
        Pacer pacer = new Pacer(1_000);
        pacer.book(100_000, SECOND);
        long first = pacer.book(100_000, SECOND);
        long second = pacer.book(100_000, SECOND);
        pacer.cap(1_000_000, SECOND);
        long firstReady = SECOND + pacer.waitNanos(first, SECOND);
        long secondReady = SECOND + pacer.waitNanos(second, SECOND);
        assertThat(secondReady - firstReady).isEqualTo(SECOND / 10);
        // The first one is back with its next frame before the second had its turn.
        long third = pacer.book(100_000, firstReady);
        assertThat(pacer.waitNanos(second, firstReady)).isEqualTo(secondReady - firstReady);
        assertThat(pacer.waitNanos(third, firstReady)).isEqualTo(2 * (secondReady - firstReady));
    }

    @Test
    void manySmallChangesOfTheRateDoNotAddUpToMore() {
        Pacer pacer = new Pacer(0);
        long now = SECOND;
        long sent = 0;
        while (now < 3 * SECOND) {
            // Frames that take long at this rate, and a rate that changes while each is waited for.
            long place = pacer.book(50_000, now);
            now += pacer.waitNanos(place, now) / 2;
            sent += 50_000;
            pacer.yielding(1_000_000 + sent / 50_000 % 7 * 1_000, now);
            now += pacer.waitNanos(place, now);
        }
        assertThat(sent).isBetween(1_900_000L, 2_150_000L);
    }
}
