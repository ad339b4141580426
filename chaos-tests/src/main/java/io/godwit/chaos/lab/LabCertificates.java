package io.godwit.chaos.lab;

import io.godwit.agent.certs.CertificateAuthority;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;

/// The lab's own authority and a certificate for each host, as `godwit certs` makes them; made here, for a program
/// started for each takes a second of every lab.
final class LabCertificates {
    private final LabSettings settings;
    private final Path folder;

    LabCertificates(LabSettings settings, LabPaths paths) {
        this.settings = settings;
        this.folder = paths.run().resolve("certs");
    }

    void issue(LabNetwork network) throws IOException {
        if (settings.insecure()) {
            return;
        }
        CertificateAuthority authority = new CertificateAuthority(folder, Instant.now(), new SecureRandom());
        authority.init();
        for (int number = 1; number <= settings.hosts(); number++) {
            authority.issue("h" + number, List.of(network.agentAddress(number)));
        }
    }
}
