package io.godwit.migration.precopy;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.migration.protocol.ProtocolVersion;
import org.junit.jupiter.api.Test;

class LatePagesVersionTest {
    /// It would take the question for a mistake and say so in words nobody understands.
    @Test
    void aTargetThatDoesNotKnowLatePagesIsNotAskedForThem() {
        assertThatThrownBy(() -> LateHandover.requireVersion(ProtocolVersion.LATE_PAGES - 1, "host-b"))
                .isInstanceOf(GivenUp.class)
                .hasMessageContaining("host-b")
                .hasMessageContaining("too old")
                .hasMessageContaining("--on-slow");
        assertThatCode(() -> LateHandover.requireVersion(ProtocolVersion.LATE_PAGES, "host-b"))
                .doesNotThrowAnyException();
    }
}
