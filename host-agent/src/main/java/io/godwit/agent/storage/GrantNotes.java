package io.godwit.agent.storage;

import io.godwit.storage.ImageGrant;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Under which grant each guest's QEMU on this host reaches its images. A QEMU knows its exports by name from its
/// first to its last moment, so an agent that finds it again must ask for the very same grant.
final class GrantNotes {
    private static final Logger LOG = LoggerFactory.getLogger(GrantNotes.class);
    private static final int NOTE_BYTES_MAX = 128 << 10;
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private final Path directory;

    private record Note(long epoch, UUID cause, List<String> images) {}

    private GrantNotes(Path directory) {
        this.directory = directory;
    }

    /// For a host whose guests need none.
    static GrantNotes none() {
        return new GrantNotes(Path.of("/nonexistent"));
    }

    /// @param directory made if it is missing
    static GrantNotes in(Path directory) throws IOException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        return new GrantNotes(directory);
    }

    /// @throws UncheckedIOException if the note cannot be kept: the guest must then not be started
    void write(ImageGrant grant) {
        Path fresh = directory.resolve("." + grant.guest() + ".new");
        try {
            Files.write(
                    fresh,
                    MAPPER.writeValueAsBytes(new Note(
                            grant.epoch(),
                            grant.cause(),
                            grant.images().stream().sorted().toList())));
            Files.move(
                    fresh,
                    directory.resolve(grant.guest()),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "How guest " + grant.guest() + " reaches its images cannot be written down", e);
        }
    }

    /// Empty if there is no note, or none that can be read.
    Optional<ImageGrant> read(String guest) {
        Path file = directory.resolve(guest);
        try {
            if (!Files.exists(file) || Files.size(file) > NOTE_BYTES_MAX) {
                return Optional.empty();
            }
            Note note = MAPPER.readValue(Files.readAllBytes(file), Note.class);
            return Optional.of(new ImageGrant(guest, note.epoch(), note.cause(), Set.copyOf(note.images())));
        } catch (IOException | JacksonException | IllegalArgumentException e) {
            LOG.warn("How guest {} reaches its images cannot be read: {}", guest, e.getMessage());
            return Optional.empty();
        }
    }

    /// Removes the note if it is of this grant.
    void clear(ImageGrant grant) {
        try {
            if (read(grant.guest()).filter(grant::equals).isPresent()) {
                Files.deleteIfExists(directory.resolve(grant.guest()));
            }
        } catch (IOException e) {
            LOG.warn("A note on how guest {} reaches its images is left: {}", grant.guest(), e.getMessage());
        }
    }
}
