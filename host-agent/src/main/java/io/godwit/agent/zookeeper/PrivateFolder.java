package io.godwit.agent.zookeeper;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// A folder that only its owner can look into, for as long as a command runs.
///
/// @param path  of the folder, which is empty at first
public record PrivateFolder(Path path) implements AutoCloseable {
    public static PrivateFolder make() throws IOException {
        // Java makes temporary folders with mode 0700.
        return new PrivateFolder(Files.createTempDirectory("godwit"));
    }

    /// Removes it with the files in it.
    @Override
    public void close() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(path);
    }
}
