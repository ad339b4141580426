package io.godwit.migration.precopy;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.shim.GuestMemory;
import org.junit.jupiter.api.Test;

class SendRatesTest {
    private static final long SECOND = 1_000_000_000L;

    private final SendRates rates = new SendRates();

    /// A guest may keep text and rewrite noise: what all its memory costs says nothing of what is left at the end.
    @Test
    void theFirstRoundTellsTheBandwidthButNotWhatPagesCost() {
        rates.add(50_000_000, 0, 4 * SECOND);
        assertThat(rates.bytesPerSecond()).isEqualTo(12_500_000);
        assertThat(rates.wireBytesPerPage()).isEqualTo(GuestMemory.PAGE_BYTES);
    }

    @Test
    void laterRoundsTellBoth() {
        rates.add(50_000_000, 0, 4 * SECOND);
        rates.add(10_000_000, 10_000, SECOND);
        assertThat(rates.wireBytesPerPage()).isEqualTo(1_000);
        assertThat(rates.bytesPerSecond()).isEqualTo(11_000_000);
        rates.add(10_000, 10, SECOND);
        assertThat(rates.bytesPerSecond())
                .as("after a round that is all latency")
                .isEqualTo(11_000_000);
        assertThat(rates.wireBytesPerPage()).isEqualTo(1_000);
    }

    @Test
    void aPageCostsNoMoreThanItIs() {
        rates.add(10_000_000, 100, SECOND);
        assertThat(rates.wireBytesPerPage()).isBetween(4096.0, 4200.0);
    }
}
