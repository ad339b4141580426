package io.godwit.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// How one host reaches the records.
///
/// @param connect           `host:port,host:port,...`
/// @param root              the node under which all records stand, such as `/godwit`
/// @param sessionTimeoutMs  what is asked for; ZooKeeper may grant another between 2 and 20 of its ticks
/// @param host              this host's name
/// @param bootId            of the running kernel
/// @param access            how both sides prove themselves, and who may see the records
public record OwnershipSettings(
        String connect, String root, int sessionTimeoutMs, String host, String bootId, RecordAccess access) {
    public static final String ROOT_DEFAULT = "/godwit";
    public static final int SESSION_TIMEOUT_MS_MIN = 200;
    public static final int SESSION_TIMEOUT_MS_MAX = 120_000;

    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    public OwnershipSettings {
        if (connect.isBlank()) {
            throw new IllegalArgumentException("The ZooKeeper connect string is empty");
        }
        if (!root.matches("(/[A-Za-z0-9_-]{1,64}){1,8}")) {
            throw new IllegalArgumentException("The root node is not an absolute path of plain names: " + root);
        }
        if (sessionTimeoutMs < SESSION_TIMEOUT_MS_MIN || sessionTimeoutMs > SESSION_TIMEOUT_MS_MAX) {
            throw new IllegalArgumentException("The session timeout is not between " + SESSION_TIMEOUT_MS_MIN + " and "
                    + SESSION_TIMEOUT_MS_MAX + " ms: " + sessionTimeoutMs);
        }
        if (host.isBlank() || bootId.isBlank()) {
            throw new IllegalArgumentException("A host needs a name and a boot id: '" + host + "', '" + bootId + "'");
        }
    }

    /// In the clear, with records that are open to everybody.
    public OwnershipSettings(String connect, String root, int sessionTimeoutMs, String host, String bootId) {
        this(connect, root, sessionTimeoutMs, host, bootId, RecordAccess.OPEN);
    }

    /// @return the boot id of the kernel this process runs on
    public static String runningBootId() throws IOException {
        return Files.readString(BOOT_ID).strip();
    }
}
