package io.godwit.agent.storage;

import io.godwit.agent.config.AgentConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/// The agent's own certificate, under the names by which QEMU looks for it. Links, so that a renewed certificate is
/// found by whatever starts after its renewal.
final class NbdCredentials {
    private NbdCredentials() {}

    /// @param directory made, or brought up to date
    static Path link(Path directory, AgentConfig.TlsFiles tls) throws IOException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Map<String, Path> links = Map.of(
                "ca-cert.pem", tls.authority(),
                "server-cert.pem", tls.certificate(),
                "server-key.pem", tls.key(),
                "client-cert.pem", tls.certificate(),
                "client-key.pem", tls.key());
        for (Map.Entry<String, Path> link : links.entrySet()) {
            Path path = directory.resolve(link.getKey());
            Files.deleteIfExists(path);
            Files.createSymbolicLink(path, link.getValue().toAbsolutePath());
        }
        return directory;
    }
}
