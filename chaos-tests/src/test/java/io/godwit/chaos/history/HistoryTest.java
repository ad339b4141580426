package io.godwit.chaos.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HistoryTest {

    @Test
    void everyKindOfEventIsReadBackAsItWas(@TempDir Path folder) throws IOException {
        List<Event> events = List.of(
                new Event.ProcessFound(1, "10/20", "h1", "g1", true),
                new Event.ProcessLook(2, 1, "10/20", "T", 77),
                new Event.ProcessGone(3, 2, "10/20"),
                new Event.Watched(4, 60, 20_000_000),
                new Event.Acknowledged(5, "g1", 7, -5, "abcdefgh"),
                new Event.Answered(6, "g1"),
                new Event.OwnerSeen(7, "g1", 1L << 40, 3, "h1", 9, "HANDOVER", "h2"),
                new Event.FaultBegun(8, 1, "CUT_OFF", "h1: \"cut\""),
                new Event.FaultEnded(9, 1, ""),
                new Event.AgentLaunched(10, "h1"),
                new Event.MigrationEnded(11, 8, "g1", "h2", "COMPLETED", ""),
                new Event.MemoryChecked(12, "g1", 100, 1),
                new Event.OperatorActed(13, "started g1"),
                new Event.Settled(14, 12, "guest g1 is not up"));
        assertThat(events.stream().map(Event::getClass).distinct())
                .as("kinds there are")
                .hasSize(Event.class.getPermittedSubclasses().length);
        Path file = folder.resolve("history.jsonl");
        try (History history = new History(file)) {
            events.forEach(history::add);
            assertThat(history.events()).isEqualTo(events);
        }
        assertThat(EventCodec.read(file)).isEqualTo(events);
    }

    @Test
    void aLineThatIsNoEventIsRefused() {
        assertThatThrownBy(() -> EventCodec.event("{\"kind\":\"other\"}"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no event");
    }
}
