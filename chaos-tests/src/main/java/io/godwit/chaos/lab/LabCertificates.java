package io.godwit.chaos.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// The lab's own authority and a certificate for each host, made with the commands an operator uses.
final class LabCertificates {
    private final LabSettings settings;
    private final Path folder;

    LabCertificates(LabSettings settings, LabPaths paths) {
        this.settings = settings;
        this.folder = paths.run().resolve("certs");
    }

    void issue(LabNetwork network) {
        if (settings.insecure()) {
            return;
        }
        godwit("certs", "init", "--dir", folder.toString());
        for (int number = 1; number <= settings.hosts(); number++) {
            godwit(
                    "certs",
                    "issue",
                    "h" + number,
                    "--address",
                    network.agentAddress(number),
                    "--dir",
                    folder.toString());
        }
    }

    private void godwit(String... arguments) {
        List<String> command = new java.util.ArrayList<>(
                List.of(settings.repository().resolve("godwit").toString()));
        command.addAll(List.of(arguments));
        Command.run(command, Duration.ofSeconds(60)).orThrow();
    }
}
