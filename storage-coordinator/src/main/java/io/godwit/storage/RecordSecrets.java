package io.godwit.storage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// Reads the file with the cluster's credential: one secret a line, usually one. No message repeats any of it.
public final class RecordSecrets {
    public static final int SECRETS_MAX = 2;

    private static final int FILE_BYTES_MAX = 1024;
    private static final Pattern SECRET = Pattern.compile("[!-~]{32,128}");
    private static final Set<PosixFilePermission> OWNERS =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private RecordSecrets() {}

    /// @return one or two secrets
    /// @throws IOException if the file cannot be read, can be read by others than its owner, or holds something
    ///                     else; the message is the rest of a sentence that begins with what named the file
    public static List<String> read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("names a file that is not there: " + file);
        }
        if (!OWNERS.containsAll(Files.getPosixFilePermissions(file))) {
            throw new IOException("names a file that others than its owner can use; chmod 600 " + file);
        }
        if (Files.size(file) > FILE_BYTES_MAX) {
            throw new IOException("names a file larger than " + FILE_BYTES_MAX + " bytes: " + file);
        }
        List<String> secrets = new ArrayList<>();
        for (String line : Files.readString(file, StandardCharsets.ISO_8859_1).split("\r?\n", -1)) {
            if (!line.isEmpty()) {
                secrets.add(line);
            }
        }
        if (secrets.isEmpty() || secrets.size() > SECRETS_MAX) {
            throw new IOException("names a file that does not hold from 1 to " + SECRETS_MAX + " lines: " + file);
        }
        if (!secrets.stream().allMatch(secret -> SECRET.matcher(secret).matches())) {
            throw new IOException("names a file with a secret that is not of 32 to 128 plain characters: " + file);
        }
        return secrets;
    }
}
