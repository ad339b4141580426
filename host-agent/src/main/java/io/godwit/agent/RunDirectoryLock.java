package io.godwit.agent;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/// Keeps a second agent away from a run directory, and so from its guests. The kernel lets go of it with the
/// process, however that ends.
final class RunDirectoryLock implements AutoCloseable {
    private final FileChannel channel;

    private RunDirectoryLock(FileChannel channel) {
        this.channel = channel;
    }

    /// Makes the directory if it is not there.
    ///
    /// @throws IOException if another agent holds it
    static RunDirectoryLock take(Path runDirectory) throws IOException {
        Files.createDirectories(
                runDirectory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path file = runDirectory.resolve("agent.lock");
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (tryLock(channel) == null) {
            channel.close();
            throw new IOException("Another agent uses the run directory: " + runDirectory);
        }
        return new RunDirectoryLock(channel);
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
