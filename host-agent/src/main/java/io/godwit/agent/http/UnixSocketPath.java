package io.godwit.agent.http;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/// Puts a Unix socket where only root can ever open it.
///
/// A socket gets its permissions after it is bound, so between the two anybody could connect. Therefore it is
/// bound in a fresh directory of mode 0700, made 0600 there, and only then moved to its place: which also replaces
/// one left behind by an agent that died.
final class UnixSocketPath implements AutoCloseable {
    private static final int PATH_BYTES_MAX = 107;

    private final Path place;
    private final Path cradle;
    private final Path bound;

    /// @throws IOException if another agent listens there, or the directory cannot be used
    UnixSocketPath(Path place) throws IOException {
        this.place = place.toAbsolutePath();
        Path directory = this.place.getParent();
        if (directory == null) {
            throw new IOException("The API's socket is no file in a directory: " + place);
        }
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        if (answers(this.place)) {
            throw new IOException("Another agent listens on the API's socket: " + place);
        }
        this.cradle = Files.createTempDirectory(directory, ".s");
        this.bound = cradle.resolve("s");
        if (Math.max(bytes(bound), bytes(this.place)) > PATH_BYTES_MAX) {
            Files.delete(cradle);
            throw new IOException("The path of the API's socket is too long for a Unix socket: " + place);
        }
    }

    /// Where to bind.
    Path bound() {
        return bound;
    }

    /// Call once bound.
    void publish() throws IOException {
        Files.setPosixFilePermissions(bound, PosixFilePermissions.fromString("rw-------"));
        Files.move(bound, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Files.delete(cradle);
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(place);
        Files.deleteIfExists(bound);
        Files.deleteIfExists(cradle);
    }

    private static boolean answers(Path socket) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return Files.exists(socket) && channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            return false;
        }
    }

    private static int bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8).length;
    }
}
