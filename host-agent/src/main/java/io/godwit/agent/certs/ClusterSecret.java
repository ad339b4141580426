package io.godwit.agent.certs;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;

/// The secret that opens the cluster's records in ZooKeeper: 256 random bits.
public final class ClusterSecret {
    /// The name of its file.
    public static final String FILE = "zookeeper.secret";

    private static final int BYTES = 32;

    private ClusterSecret() {}

    /// Writes a new secret, readable by its owner only.
    ///
    /// @param directory  made if it is missing
    /// @return the file
    /// @throws IOException if there is one already or it cannot be written; nothing is left then
    public static Path make(Path directory, SecureRandom random) throws IOException {
        Files.createDirectories(directory);
        byte[] secret = new byte[BYTES];
        random.nextBytes(secret);
        Path file = directory.resolve(FILE);
        try {
            PemStore.writeText(file, HexFormat.of().formatHex(secret) + "\n", "rw-------");
        } catch (FileAlreadyExistsException e) {
            throw new IOException("This file exists and is not overwritten: " + e.getFile(), e);
        }
        return file;
    }
}
