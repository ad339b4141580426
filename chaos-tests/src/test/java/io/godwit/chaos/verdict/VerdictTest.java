package io.godwit.chaos.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.chaos.history.Event;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class VerdictTest {
    private static final Event WELL = new Event.Settled(Told.ns(900), Told.ns(500), "");
    private static final Event TRUE_MEMORY = new Event.MemoryChecked(Told.ns(800), "g1", 100, 0);
    private static final Event ATTENTION = new Event.Watched(Told.ns(1000), 60, Told.ns(20));
    private static final ImageRecords IMAGE =
            new ImageRecords(List.of(new ImageRecords.Stored(0, 0, Told.crc(0, "run0"), "run0")));

    private static Told well() {
        return new Told()
                .runs("1/1", "h1", "g1", false, 0, 1000)
                .acknowledged(10, 0, "run0")
                .event(TRUE_MEMORY)
                .event(WELL)
                .event(ATTENTION);
    }

    private static List<String> findings(Told told) {
        return Verdict.of(told.events(), Map.of("g1", IMAGE)).findings().values().stream()
                .flatMap(List::stream)
                .toList();
    }

    @Test
    void aRunInWhichAllWasWellHolds() {
        assertThat(findings(well())).isEmpty();
        assertThat(Verdict.of(well().events(), Map.of("g1", IMAGE)).held()).isTrue();
    }

    @Test
    void aRunInWhichNothingWasSeenDoesNotHold() {
        Verdict verdict = Verdict.of(List.of(), Map.of("g1", IMAGE));
        assertThat(verdict.held()).isFalse();
        assertThat(verdict.findings().values().stream().filter(list -> !list.isEmpty()))
                .hasSize(4);
    }

    @Test
    void aGuestThatDoesNotComeUpIsFound() {
        Told told = well().event(new Event.Settled(Told.ns(2000), Told.ns(1000), "guest g1 is not up"));
        assertThat(findings(told)).singleElement().asString().contains("guest g1 is not up");
    }

    @Test
    void changedMemoryIsFound() {
        Told told = well().event(new Event.MemoryChecked(Told.ns(900), "g1", 100, 2));
        assertThat(findings(told)).singleElement().asString().contains("2 of 100 pages");
    }

    @Test
    void aFaultThatCouldNotBeMadeOrWasNeverUndoneIsFound() {
        Told told = well().event(new Event.FaultBegun(Told.ns(1), 1, "CUT_OFF", "h1: cut off"))
                .event(new Event.FaultEnded(Told.ns(2), 1, "no such device"))
                .event(new Event.FaultBegun(Told.ns(3), 2, "CUT_OFF", "h2: cut off"));
        assertThat(findings(told))
                .hasSize(2)
                .anyMatch(finding -> finding.contains("no such device"))
                .anyMatch(finding -> finding.contains("never undone"));
    }

    @Test
    void aWatchThatLookedAwayIsFound() {
        Told told = well().event(new Event.Watched(Told.ns(5000), 3, Told.ns(2500)));
        assertThat(findings(told)).singleElement().asString().contains("2.5 s");
    }
}
