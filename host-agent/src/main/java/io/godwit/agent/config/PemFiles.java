package io.godwit.agent.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Tells early, and by name, that a file of the TLS set-up is not what its key says.
final class PemFiles {
    private static final int FILE_BYTES_MAX = 256 << 10;

    enum Content {
        CERTIFICATE("-----BEGIN CERTIFICATE-----", "a PEM certificate"),
        PRIVATE_KEY("-----BEGIN PRIVATE KEY-----", "an unencrypted PKCS#8 PEM key");

        private final String mark;
        private final String inWords;

        Content(String mark, String inWords) {
            this.mark = mark;
            this.inWords = inWords;
        }
    }

    private PemFiles() {}

    static void check(KeyReader keys, String key, Path file, Content content) {
        if (!keys.has(key)) {
            return;
        }
        try {
            if (!Files.isRegularFile(file)) {
                keys.wrong(key, "names a file that is not there: " + file);
            } else if (Files.size(file) > FILE_BYTES_MAX) {
                keys.wrong(key, "names a file larger than " + FILE_BYTES_MAX + " bytes: " + file);
            } else if (!Files.readString(file, StandardCharsets.ISO_8859_1).contains(content.mark)) {
                keys.wrong(key, "names a file that is not " + content.inWords + ": " + file);
            }
        } catch (IOException e) {
            keys.wrong(key, "names a file that cannot be read: " + e);
        }
    }
}
