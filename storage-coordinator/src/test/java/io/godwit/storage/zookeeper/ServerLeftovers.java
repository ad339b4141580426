package io.godwit.storage.zookeeper;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// An embedded ZooKeeper leaves its configuration behind among the temporary files of the machine.
final class ServerLeftovers {
    private ServerLeftovers() {}

    /// Removes the configurations of the server that kept its data here.
    static void remove(Path data) throws IOException {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(temporary, "zookeeper.configuration*.properties")) {
            for (Path file : files) {
                if (mentions(file, data)) {
                    Files.deleteIfExists(file);
                }
            }
        }
        Files.deleteIfExists(data);
    }

    private static boolean mentions(Path file, Path data) throws IOException {
        try {
            return Files.readString(file).contains(data.toString());
        } catch (NoSuchFileException _) {
            // Another test's server took its own away.
            return false;
        }
    }
}
