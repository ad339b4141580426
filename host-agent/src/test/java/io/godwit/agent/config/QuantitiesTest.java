package io.godwit.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantitiesTest {
    @ParameterizedTest
    @CsvSource({
        "12GiB, 12884901888",
        "512 MiB, 536870912",
        "1.5GiB, 1610612736",
        "4096B, 4096",
        "2GB, 2000000000",
        "1TiB, 1099511627776"
    })
    void readsAmountsOfMemory(String text, long bytes) {
        assertThat(Quantities.parseBytes(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "12", "GiB", "12 gib", "-1GiB", "1e3MiB", "12GiB/s", "999999999999TiB", "1..5GiB"})
    void refusesWhatIsNoAmount(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Quantities.parseBytes(text));
    }

    @ParameterizedTest
    @CsvSource({
        "unlimited, 0",
        "800Mbit/s, 100000000",
        "1Gbit/s, 125000000",
        "2.5Gbit/s, 312500000",
        "100MiB/s, 104857600",
        "100 MB/s, 100000000"
    })
    void readsRates(String text, long bytesPerSecond) {
        assertThat(Quantities.parseRate(text)).isEqualTo(bytesPerSecond);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "100", "100Mbit", "100Mb/s", "fast", "0Mbit/s", "1bit/s", "-1MiB/s"})
    void refusesWhatIsNoRate(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Quantities.parseRate(text));
    }

    @Test
    void showsBytesWithAUnit() {
        assertThat(Quantities.showBytes(0)).isEqualTo("0 B");
        assertThat(Quantities.showBytes(1023)).isEqualTo("1023 B");
        assertThat(Quantities.showBytes(512L << 20)).isEqualTo("512 MiB");
        assertThat(Quantities.showBytes(3L << 29)).isEqualTo("1.50 GiB");
        assertThat(Quantities.showBytes(41_234_567)).isEqualTo("39.3 MiB");
        assertThat(Quantities.showBytes(Long.MAX_VALUE)).isEqualTo("8192 PiB");
    }
}
