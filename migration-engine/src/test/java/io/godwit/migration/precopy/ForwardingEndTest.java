package io.godwit.migration.precopy;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.migration.protocol.Limits;
import org.junit.jupiter.api.Test;

class ForwardingEndTest {
    private static final long MS = 1_000_000;

    @Test
    void anAnnouncementThatWasHeardMakesItShort() {
        assertThat(ForwardingEnd.reached(Limits.FRAMES_ANNOUNCED_QUIET_MS * MS, 900 * MS, true))
                .isTrue();
        assertThat(ForwardingEnd.reached((Limits.FRAMES_ANNOUNCED_QUIET_MS - 1) * MS, 900 * MS, true))
                .isFalse();
        assertThat(ForwardingEnd.reached(900 * MS, (Limits.FRAMES_ANNOUNCED_QUIET_MS - 1) * MS, true))
                .isFalse();
    }

    @Test
    void otherwiseSilenceHasToLast() {
        assertThat(ForwardingEnd.reached(900 * MS, Long.MAX_VALUE, false)).isFalse();
        assertThat(ForwardingEnd.reached(2_000 * MS, 900 * MS, false)).isFalse();
        assertThat(ForwardingEnd.reached(2_000 * MS, 1_000 * MS, false)).isTrue();
    }

    @Test
    void nobodyWaitsForEver() {
        assertThat(ForwardingEnd.reached(Limits.FRAMES_TAIL_MS * MS, 0, false)).isTrue();
        assertThat(ForwardingEnd.reached(Limits.FRAMES_TAIL_MS * MS - MS, 0, true))
                .isFalse();
    }
}
