package io.godwit.agent.storage;

import io.godwit.shim.GuestSpec.Disk.Format;
import io.godwit.shim.StorageDaemon;
import io.godwit.storage.fencing.Grant;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One image of an image server.
///
/// @param path with all links followed, so that no two names of one file are two images
record ServedImage(Path path, Format format) {
    private static final int KEY_BYTES = 12;
    private static final Pattern EXPORT = Pattern.compile("x([0-9a-f]{24})-(\\d{1,18})-([0-9a-f-]{36})");

    /// Short, and in practice unique.
    String key() {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(path.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, KEY_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    StorageDaemon.Image opened() {
        return new StorageDaemon.Image(key(), path, format);
    }

    /// The name of a grant's export: whoever knows it can write the image for as long as it is there.
    String export(Grant grant) {
        return "x" + key() + "-" + grant.epoch() + "-" + grant.cause();
    }

    /// The grant behind an export of this image; empty if the name is none of ours, or of another image.
    Optional<Grant> grant(String export) {
        Matcher matcher = EXPORT.matcher(export);
        if (!matcher.matches() || !matcher.group(1).equals(key())) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Grant(Long.parseLong(matcher.group(2)), UUID.fromString(matcher.group(3))));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /// The image of a path that a host has named.
    ///
    /// @param directories that are served
    /// @throws IOException if there is no such image, or it does not lie below a served directory; the message is a
    ///                     sentence
    static ServedImage find(String image, Format format, List<Path> directories) throws IOException {
        Path path = Path.of(image);
        if (!path.isAbsolute() || !Files.exists(path)) {
            throw new IOException("There is no such image on the image server: " + image);
        }
        Path real = path.toRealPath();
        for (Path directory : directories) {
            if (Files.exists(directory) && real.startsWith(directory.toRealPath())) {
                return new ServedImage(real, format);
            }
        }
        throw new IOException("The image does not stand below a directory that is served: " + image);
    }
}
