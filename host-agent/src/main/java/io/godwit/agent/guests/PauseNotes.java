package io.godwit.agent.guests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Remembers, across restarts of the agent, which guests were paused by their operator: one small file a guest,
/// holding the epoch in which it was paused.
///
/// A guest that is found paused without such a note was paused by a switchover that the agent did not live to
/// finish, and is resumed. So the note is written *before* a guest is paused and removed *after* it runs again;
/// in between the guest's own state says what is meant.
public final class PauseNotes {
    private static final Logger LOG = LoggerFactory.getLogger(PauseNotes.class);
    private static final int NOTE_BYTES_MAX = 64;

    private final Path directory;

    /// @param directory made if it is not there
    public PauseNotes(Path directory) throws IOException {
        this.directory = directory;
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /// @throws UncheckedIOException if the note cannot be kept: the guest must then not be paused
    public void write(String guest, long epoch) {
        Path note = directory.resolve(guest);
        Path fresh = directory.resolve("." + guest + ".new");
        try {
            Files.writeString(fresh, Long.toString(epoch));
            Files.move(fresh, note, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("The note that guest " + guest + " is paused cannot be written", e);
        }
    }

    /// Whether the guest was paused by its operator in this epoch. A note that cannot be read says no.
    public boolean paused(String guest, long epoch) {
        return epoch > 0 && pausedInEpoch(guest) == epoch;
    }

    /// The epoch in which the guest was paused by its operator; 0, which is none, if it was not, or if the note
    /// cannot be read.
    public long pausedInEpoch(String guest) {
        Path note = directory.resolve(guest);
        try {
            boolean readable = Files.exists(note) && Files.size(note) <= NOTE_BYTES_MAX;
            return readable ? Long.parseLong(Files.readString(note).strip()) : 0;
        } catch (IOException | NumberFormatException e) {
            LOG.warn("The note whether guest {} is paused cannot be read: {}", guest, e.toString());
            return 0;
        }
    }

    /// Removes the note, if there is one. One that cannot be removed means nothing while the guest runs.
    public void clear(String guest) {
        try {
            Files.deleteIfExists(directory.resolve(guest));
        } catch (IOException e) {
            LOG.warn("The note that guest {} is paused cannot be removed: {}", guest, e.toString());
        }
    }
}
