package io.godwit.shim;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How this host runs its storage daemon. All paths are absolute.
///
/// @param binary         `qemu-storage-daemon`
/// @param directory      for its socket, process id and log; made if missing, only root may enter
/// @param address        where it listens for NBD: a host name or IP literal
/// @param tlsDirectory   `ca-cert.pem`, `server-cert.pem`, `server-key.pem`; null to serve in the clear
/// @param commandTimeout longest wait for its answer to one command
public record StorageDaemonSettings(
        Path binary,
        Path directory,
        String address,
        int port,
        @Nullable Path tlsDirectory,
        Duration commandTimeout) {
    public static final Path BINARY = Path.of("/usr/bin/qemu-storage-daemon");

    public StorageDaemonSettings {
        if (!directory.isAbsolute()) {
            throw new IllegalArgumentException("The directory is not an absolute path: " + directory);
        }
    }

    /// Holds the daemon's process id while it runs.
    public Path pidFile() {
        return directory.resolve("storage.pid");
    }

    public Path qmpSocket() {
        return directory.resolve("qmp.sock");
    }

    public Path log() {
        return directory.resolve("storage.log");
    }
}
