package io.godwit.agent.guests;

import io.godwit.migration.PagesOwed;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Remembers, across restarts of the agent, which guests left pages here that another host needs, and which
/// guests here miss pages that another host has: one small file each.
///
/// A note is written before the commit that makes it true, so it says what *may* be; the record, and the
/// kernel, say what is. It lies beside the memory it speaks of, which a reboot takes as well.
public final class PageNotes {
    private static final Logger LOG = LoggerFactory.getLogger(PageNotes.class);
    private static final int NOTE_BYTES_MAX = 1024;
    private static final String OWED = ".owed";
    private static final String MISSING = ".missing";

    private final Path directory;

    /// @param directory made when it is needed
    public PageNotes(Path directory) {
        this.directory = directory;
    }

    /// Of a guest that left.
    ///
    /// @param epoch in which the target has it
    public record Owed(PagesOwed.Debt debt, long epoch) {}

    /// Of a guest that arrived.
    ///
    /// @param epoch in which it is here
    public record Missing(UUID migration, String sourceHost, long epoch) {}

    /// @throws IOException if it cannot be kept: the guest must then not leave with pages missing
    public void owed(String guest, Owed note) throws IOException {
        PagesOwed.Debt debt = note.debt();
        write(
                guest + OWED,
                List.of(
                        debt.migration().toString(),
                        Long.toString(note.epoch()),
                        debt.targetHost(),
                        debt.target().getHostString(),
                        Integer.toString(debt.target().getPort())));
    }

    /// @throws IOException if there is a note that cannot be read: then the copy must be left alone
    public Optional<Owed> owed(String guest) throws IOException {
        return read(
                guest + OWED,
                5,
                lines -> new Owed(
                        new PagesOwed.Debt(
                                UUID.fromString(lines.get(0)),
                                lines.get(2),
                                new InetSocketAddress(lines.get(3), Integer.parseInt(lines.get(4)))),
                        Long.parseLong(lines.get(1))));
    }

    public void forgetOwed(String guest) {
        remove(guest + OWED);
    }

    /// @throws IOException if it cannot be kept: the guest must then not arrive with pages missing
    public void missing(String guest, Missing note) throws IOException {
        write(guest + MISSING, List.of(note.migration().toString(), Long.toString(note.epoch()), note.sourceHost()));
    }

    /// @throws IOException if there is a note that cannot be read
    public Optional<Missing> missing(String guest) throws IOException {
        return read(
                guest + MISSING,
                3,
                lines -> new Missing(UUID.fromString(lines.get(0)), lines.get(2), Long.parseLong(lines.get(1))));
    }

    public void forgetMissing(String guest) {
        remove(guest + MISSING);
    }

    private void write(String name, List<String> lines) throws IOException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path fresh = directory.resolve("." + name + ".new");
        byte[] bytes = String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
        try (FileChannel channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
        Files.move(fresh, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private <T> Optional<T> read(String name, int lineCount, Function<List<String>, T> reader) throws IOException {
        Path note = directory.resolve(name);
        if (!Files.exists(note)) {
            return Optional.empty();
        }
        if (Files.size(note) > NOTE_BYTES_MAX) {
            throw new IOException("Note is larger than " + NOTE_BYTES_MAX + " bytes: " + note);
        }
        List<String> lines = Files.readAllLines(note);
        if (lines.size() != lineCount) {
            throw new IOException("Note has " + lines.size() + " lines instead of " + lineCount + ": " + note);
        }
        try {
            return Optional.of(reader.apply(lines));
        } catch (IllegalArgumentException e) {
            throw new IOException("Note cannot be understood: " + note + ": " + e.getMessage(), e);
        }
    }

    private void remove(String name) {
        try {
            Files.deleteIfExists(directory.resolve(name));
        } catch (IOException e) {
            LOG.warn("The note {} cannot be removed: {}", name, e.toString());
        }
    }
}
