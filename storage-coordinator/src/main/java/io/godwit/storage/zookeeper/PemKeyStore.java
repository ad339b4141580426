package io.godwit.storage.zookeeper;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/// Key and certificate in one PEM file, which is the only form in which ZooKeeper takes them.
public final class PemKeyStore {
    private static final int FILE_BYTES_MAX = 256 << 10;

    private PemKeyStore() {}

    /// Puts the file into place whole, so that whoever reads the one before it meanwhile is not disturbed. It
    /// is never, not even for a moment, readable by others.
    ///
    /// @throws IOException if one of the files cannot be read or the target not be written; the target is then
    ///                     as before
    public static void write(Path certificate, Path key, Path target) throws IOException {
        String both = text(key) + "\n" + text(certificate);
        Path directory = target.toAbsolutePath().getParent();
        Files.createDirectories(directory);
        Path fresh = Files.createTempFile(
                directory,
                "key",
                ".pem",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            Files.writeString(fresh, both, StandardCharsets.ISO_8859_1);
            Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    private static String text(Path file) throws IOException {
        if (Files.size(file) > FILE_BYTES_MAX) {
            throw new IOException("This file is larger than " + FILE_BYTES_MAX + " bytes: " + file);
        }
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }
}
