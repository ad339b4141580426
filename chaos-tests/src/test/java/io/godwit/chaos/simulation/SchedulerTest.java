package io.godwit.chaos.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchedulerTest {
    private final Scheduler clock = new Scheduler();
    private final List<String> happened = new ArrayList<>();

    @Test
    void eventsHappenInTheOrderOfTheirTimeAndThenOfTheirPlanning() {
        clock.after(20, () -> happened.add("last"));
        clock.after(10, () -> happened.add("first of two"));
        clock.at(10, () -> happened.add("second of two"));

        while (clock.step()) {
            happened.add("at " + clock.nowMicros());
        }

        assertThat(happened).containsExactly("first of two", "at 10", "second of two", "at 10", "last", "at 20");
    }

    @Test
    void whatIsPlannedForThePastHappensNow() {
        clock.after(10, () -> clock.at(3, () -> happened.add("at " + clock.nowMicros())));

        clock.step();
        clock.step();

        assertThat(happened).containsExactly("at 10");
        assertThat(clock.step()).isFalse();
    }
}
