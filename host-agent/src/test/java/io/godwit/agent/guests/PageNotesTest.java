package io.godwit.agent.guests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.migration.PagesOwed;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageNotesTest {
    @TempDir
    Path directory;

    @Test
    void theNextAgentReadsWhatTheFormerOneWrote() throws Exception {
        PageNotes notes = new PageNotes(directory.resolve("pages"));
        assertThat(notes.owed("web1")).isEmpty();
        assertThat(notes.missing("web1")).isEmpty();
        PageNotes.Owed owed = new PageNotes.Owed(
                new PagesOwed.Debt(
                        new UUID(1, 2), "host-b", new InetSocketAddress(InetAddress.getLoopbackAddress(), 7070)),
                9);
        PageNotes.Missing missing = new PageNotes.Missing(new UUID(3, 4), "host-a", 8);
        notes.owed("web1", owed);
        notes.missing("web1", missing);
        PageNotes later = new PageNotes(directory.resolve("pages"));
        assertThat(later.owed("web1")).contains(owed);
        assertThat(later.missing("web1")).contains(missing);
        later.forgetOwed("web1");
        later.forgetOwed("web1");
        assertThat(later.owed("web1")).isEmpty();
        assertThat(later.missing("web1")).contains(missing);
        later.forgetMissing("web1");
        assertThat(later.missing("web1")).isEmpty();
    }

    @Test
    void aNoteThatCannotBeReadIsNotTakenForNone() throws Exception {
        PageNotes notes = new PageNotes(directory);
        for (String content : new String[] {"", "x\n1\nhost-b\nhost\n1", "a\nb", "y".repeat(5000)}) {
            Files.writeString(directory.resolve("web1.owed"), content);
            assertThatThrownBy(() -> notes.owed("web1")).isInstanceOf(IOException.class);
        }
    }
}
