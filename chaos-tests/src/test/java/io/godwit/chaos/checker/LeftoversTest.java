package io.godwit.chaos.checker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LeftoversTest {
    private static final Leftovers BEFORE =
            new Leftovers(Map.of("h1", new Leftovers.Host(1, 1, List.of("web1/ram"), 40, 100)), 20);

    @Test
    void theSameAgainIsNoFinding() {
        assertThat(BEFORE.beyond(BEFORE)).isEmpty();
    }

    @Test
    void lessThanBeforeIsNoFinding() {
        assertThat(new Leftovers(Map.of("h1", new Leftovers.Host(0, 0, List.of(), 30, 90)), 19).beyond(BEFORE))
                .isEmpty();
    }

    @Test
    void everyKindOfLeftoverIsFound() {
        Leftovers now = new Leftovers(
                Map.of(
                        "h1",
                        new Leftovers.Host(
                                2,
                                3,
                                List.of("web1/ram", "old/ram"),
                                41 + Leftovers.THREADS_GROWTH_MAX,
                                101 + Leftovers.FILES_GROWTH_MAX)),
                21);
        assertThat(now.beyond(BEFORE))
                .hasSize(6)
                .anyMatch(finding -> finding.contains("QEMU processes"))
                .anyMatch(finding -> finding.contains("taps"))
                .anyMatch(finding -> finding.contains("threads"))
                .anyMatch(finding -> finding.contains("open files"))
                .anyMatch(finding -> finding.contains("[old/ram]"))
                .anyMatch(finding -> finding.contains("ZooKeeper"));
    }
}
