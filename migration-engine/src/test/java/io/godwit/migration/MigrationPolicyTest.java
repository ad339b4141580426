package io.godwit.migration;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MigrationPolicyTest {
    @ParameterizedTest(name = "{0} processors: {1}")
    @CsvSource({"1, 1", "2, 1", "4, 1", "7, 1", "8, 2", "16, 4", "256, 4"})
    void connectionsLeaveGuestsTheirProcessors(int processors, int connections) {
        assertThat(MigrationPolicy.connectionsFor(processors)).isEqualTo(connections);
    }
}
