package io.godwit.agent.storage;

import io.godwit.agent.certs.CompleteKey;
import io.godwit.agent.config.AgentConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/// The agent's own certificate and key, under the names by which QEMU looks for them. Made anew when an agent starts.
final class NbdCredentials {
    private NbdCredentials() {}

    /// @param directory made, or brought up to date; only root may enter
    static Path in(Path directory, AgentConfig.TlsFiles tls) throws IOException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Map<String, Path> links = Map.of(
                "ca-cert.pem", tls.authority(),
                "server-cert.pem", tls.certificate(),
                "client-cert.pem", tls.certificate());
        for (Map.Entry<String, Path> link : links.entrySet()) {
            Path path = directory.resolve(link.getKey());
            Files.deleteIfExists(path);
            Files.createSymbolicLink(path, link.getValue().toAbsolutePath());
        }
        CompleteKey.write(tls.key(), tls.certificate(), directory.resolve("server-key.pem"));
        CompleteKey.write(tls.key(), tls.certificate(), directory.resolve("client-key.pem"));
        return directory;
    }
}
