package io.godwit.chaos.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.chaos.history.Event;
import org.junit.jupiter.api.Test;

final class SilencesTest {

    private static Told pings(Told told, long fromMs, long toMs) {
        for (long ms = fromMs; ms <= toMs; ms += 50) {
            told.event(new Event.Answered(Told.ns(ms), "g1"));
        }
        return told;
    }

    @Test
    void aSilenceCountsForTheFaultThatWasInEffectWhenItBegan() {
        Told told = pings(new Told(), 0, 5_000)
                .event(new Event.FaultBegun(Told.ns(5_020), 1, "POWER_LOST", "h1"))
                .event(new Event.FaultEnded(Told.ns(9_000), 1, ""));
        pings(told, 12_000, 30_000)
                .event(new Event.FaultBegun(Told.ns(20_000), 2, "AGENT_KILLED", "h1"))
                .event(new Event.FaultEnded(Told.ns(21_000), 2, ""));
        assertThat(Silences.of(told.events()))
                .containsExactly(
                        new Silences.OfKind("AGENT_KILLED", java.util.List.of(0.0)),
                        new Silences.OfKind("POWER_LOST", java.util.List.of(7_000.0)));
    }
}
