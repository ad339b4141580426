package io.godwit.chaos.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.storage.LeaseTimes;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TermsTest {
    static Stream<Terms> all() {
        return Stream.of(Terms.USUAL, Terms.SHORT, Terms.PATIENT);
    }

    @ParameterizedTest
    @MethodSource("all")
    void noRunHoldsALeaseThatProductionWouldRefuse(Terms terms) {
        assertThat(LeaseTimes.objections(terms.settings(), terms.sessionTimeoutMs()))
                .isEmpty();
        assertThat(terms.quietMicros()).isGreaterThan(Scheduler.SECOND);
    }
}
