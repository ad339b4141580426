package io.godwit.benchmarks.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.chaos.lab.LabException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AttemptsTest {
    private final List<RuntimeException> heard = new ArrayList<>();
    private final AtomicInteger calls = new AtomicInteger();

    private String failingUntil(int attempt) {
        if (calls.incrementAndGet() < attempt) {
            throw new LabException("not yet");
        }
        return "made";
    }

    @Test
    void whatSucceedsIsMadeOnce() throws InterruptedException {
        assertThat(Attempts.twice(() -> failingUntil(1), heard::add)).contains("made");
        assertThat(calls).hasValue(1);
        assertThat(heard).isEmpty();
    }

    @Test
    void whatFailsIsReportedAndMadeOnceMore() throws InterruptedException {
        assertThat(Attempts.twice(() -> failingUntil(2), heard::add)).contains("made");
        assertThat(heard).hasSize(1);
    }

    @Test
    void whatFailsTwiceIsGivenUp() throws InterruptedException {
        assertThat(Attempts.twice(() -> failingUntil(3), heard::add)).isEmpty();
        assertThat(calls).hasValue(2);
        assertThat(heard).hasSize(2);
    }

    @Test
    void anInterruptedRunIsNotMadeAgain() {
        assertThatThrownBy(() -> Attempts.twice(
                        () -> {
                            calls.incrementAndGet();
                            Thread.currentThread().interrupt();
                            throw new LabException("Interrupted while waiting");
                        },
                        heard::add))
                .isInstanceOf(InterruptedException.class);
        assertThat(calls).hasValue(1);
        assertThat(Thread.interrupted()).as("the flag is taken").isFalse();
    }
}
