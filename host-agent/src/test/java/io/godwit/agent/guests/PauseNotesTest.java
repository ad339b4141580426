package io.godwit.agent.guests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PauseNotesTest {
    @TempDir
    Path directory;

    @Test
    void remembersAPauseForItsEpochOnly() throws Exception {
        PauseNotes notes = new PauseNotes(directory.resolve("paused"));
        notes.write("g", 7);
        PauseNotes later = new PauseNotes(directory.resolve("paused"));
        assertThat(later.paused("g", 7)).isTrue();
        assertThat(later.paused("g", 8)).isFalse();
        assertThat(later.paused("other", 7)).isFalse();
        later.clear("g");
        later.clear("g");
        assertThat(notes.paused("g", 7)).isFalse();
    }

    @Test
    void doesNotTrustANoteThatIsNoNote() throws Exception {
        PauseNotes notes = new PauseNotes(directory);
        Files.write(directory.resolve("g"), new byte[1000]);
        assertThat(notes.paused("g", 0)).isFalse();
        Files.writeString(directory.resolve("g"), "");
        assertThat(notes.paused("g", 0)).isFalse();
    }

    @Test
    void saysWhenANoteCannotBeKept() throws Exception {
        PauseNotes notes = new PauseNotes(directory.resolve("paused"));
        Files.delete(directory.resolve("paused"));
        assertThatThrownBy(() -> notes.write("g", 1)).isInstanceOf(UncheckedIOException.class);
    }
}
