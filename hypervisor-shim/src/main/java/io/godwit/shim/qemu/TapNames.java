package io.godwit.shim.qemu;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/// Names of the network interfaces behind a guest's cards.
///
/// The kernel allows 15 characters, less than a guest's name may have, so a name holds a hash. The run directory
/// goes into it, for two agents of a test may share a network namespace.
final class TapNames {
    private static final int HASH_HEX_DIGITS = 10;

    private TapNames() {}

    static List<String> of(Path runDirectory, String guest, int nics) {
        byte[] identity = (runDirectory + "\0" + guest).getBytes(StandardCharsets.UTF_8);
        String hash = HexFormat.of().formatHex(sha256(identity)).substring(0, HASH_HEX_DIGITS);
        return IntStream.range(0, nics)
                .mapToObj(index -> "gw" + hash + "n" + index)
                .toList();
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
