package io.godwit.migration.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LinkEstimateTest {
    private static long seconds(double seconds) {
        return (long) (seconds * TimeUnit.SECONDS.toNanos(1));
    }

    @Test
    void onlyWhoWaitsKnowsTheLink() {
        LinkEstimate link = LinkEstimate.UNKNOWN.after(100, 0.1, seconds(1));
        assertThat(link.known()).isFalse();
        link = link.after(100, 0.5, seconds(1.1));
        assertThat(link.bytesPerSecond()).isEqualTo(100);
    }

    @Test
    void aLinkThatSlowsDownIsKnownToAtOnce() {
        LinkEstimate link = LinkEstimate.UNKNOWN.after(100, 0.5, seconds(1)).after(30, 0.6, seconds(1.1));
        assertThat(link.bytesPerSecond()).isEqualTo(30);
    }

    @Test
    void moreThanItWasKnownToCarryRaisesIt() {
        LinkEstimate link = LinkEstimate.UNKNOWN.after(100, 0.5, seconds(1)).after(150, 0, seconds(1.1));
        assertThat(link.bytesPerSecond()).isEqualTo(150);
        assertThat(link.after(20, 0, seconds(1.2)).bytesPerSecond()).isEqualTo(150);
    }

    @Test
    void whatIsKnownIsDoubtedLaterEachTimeItProvesTrue() {
        LinkEstimate link = LinkEstimate.UNKNOWN.after(100, 0.5, seconds(1));
        assertThat(link.after(50, 0, seconds(1.9)).known()).isTrue();
        link = link.after(50, 0, seconds(2.1));
        assertThat(link.known()).isFalse();
        link = link.after(110, 0.9, seconds(2.2));
        assertThat(link.bytesPerSecond()).isEqualTo(110);
        assertThat(link.after(50, 0, seconds(4.1)).known()).isTrue();
        link = link.after(50, 0, seconds(4.3));
        assertThat(link.known()).isFalse();
        // It turns out to be another link, and is doubted soon again.
        link = link.after(1_000, 0.9, seconds(4.4));
        assertThat(link.after(50, 0, seconds(5.5)).known()).isFalse();
    }
}
