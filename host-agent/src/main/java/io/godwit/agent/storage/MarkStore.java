package io.godwit.agent.storage;

import io.godwit.shim.GuestSpec.Disk.Format;
import io.godwit.storage.fencing.Grant;
import io.godwit.storage.fencing.Mark;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// What an image server must not forget, one small file an image.
final class MarkStore {
    private static final Logger LOG = LoggerFactory.getLogger(MarkStore.class);
    private static final int FORMAT = 1;
    private static final int FILE_BYTES_MAX = 16 << 10;
    private static final String ENDING = ".json";
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    private final Path directory;

    /// One file's content.
    record Stored(int version, String path, Format format, long epoch, UUID cause, boolean serving) {
        Stored {
            if (version != FORMAT || path.isEmpty() || epoch < 1) {
                throw new IllegalArgumentException("Not a mark of version " + FORMAT);
            }
        }

        Mark mark() {
            return new Mark(new Grant(epoch, cause), serving);
        }
    }

    /// @param directory made if it is missing; only root may enter
    MarkStore(Path directory) throws IOException {
        this.directory = directory;
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /// All marks.
    ///
    /// @throws IOException if one cannot be read or understood: which epoch was activated is not known then, and
    ///                     nothing may be granted
    List<Stored> all() throws IOException {
        List<Path> files;
        try (Stream<Path> entries = Files.list(directory)) {
            files = entries.filter(file -> file.getFileName().toString().endsWith(ENDING))
                    .sorted()
                    .toList();
        }
        if (files.size() > ImageServer.IMAGES_MAX) {
            throw new IOException("There are more than " + ImageServer.IMAGES_MAX + " images' files in " + directory
                    + "; remove those of images that are gone for good");
        }
        List<Stored> marks = new ArrayList<>();
        for (Path file : files) {
            marks.add(read(file));
        }
        return marks;
    }

    private static Stored read(Path file) throws IOException {
        try {
            if (Files.size(file) > FILE_BYTES_MAX) {
                throw new IOException("larger than " + FILE_BYTES_MAX + " bytes");
            }
            return MAPPER.readValue(Files.readAllBytes(file), Stored.class);
        } catch (IOException | JacksonException e) {
            throw new IOException(
                    "Which epoch of an image was activated cannot be read from " + file + ": " + e.getMessage()
                            + ". Restore the file, or stop the image's guest everywhere and remove it",
                    e);
        }
    }

    /// On return the mark outlives a crash of this host. On failure either this one or the one before does.
    void write(ServedImage image, Mark mark) throws IOException {
        Stored stored = new Stored(
                FORMAT,
                image.path().toString(),
                image.format(),
                mark.grant().epoch(),
                mark.grant().cause(),
                mark.serving());
        Path file = directory.resolve(image.key() + ENDING);
        Path fresh = directory.resolve(image.key() + ".new");
        ByteBuffer bytes = ByteBuffer.wrap(MAPPER.writeValueAsBytes(stored));
        try (FileChannel channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        // The new name too has to be on the disk.
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
        LOG.debug("Image {}: {} is remembered", image.path(), mark);
    }
}
