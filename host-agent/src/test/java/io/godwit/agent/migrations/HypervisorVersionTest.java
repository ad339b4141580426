package io.godwit.agent.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HypervisorVersionTest {
    @ParameterizedTest
    @CsvSource({
        "QEMU 7.2.22, QEMU 7.2.22, true",
        "QEMU 7.2.22, QEMU 7.2.0, true",
        "QEMU 7.2.22, QEMU 7.10, true",
        "QEMU 7.2.22, QEMU 10.0.1, true",
        "QEMU 7.2.22, QEMU 7.1.22, false",
        "QEMU 10.0.1, QEMU 9.2.0, false",
        "QEMU 7.2.22, Other 7.2.22, false",
        "QEMU 7.2.22 (Debian 1:7.2+dfsg), QEMU 7.2.22, true",
    })
    void loadsTheStateOfItsOwnAndOlderVersions(String source, String target, boolean loads) {
        assertThat(HypervisorVersion.parse(target)
                        .orElseThrow()
                        .canLoadStateOf(HypervisorVersion.parse(source).orElseThrow()))
                .isEqualTo(loads);
    }

    @Test
    void doesNotUnderstandEverything() {
        assertThat(HypervisorVersion.parse("")).isEmpty();
        assertThat(HypervisorVersion.parse("QEMU")).isEmpty();
        assertThat(HypervisorVersion.parse("QEMU 99999999999.1")).isEmpty();
    }
}
