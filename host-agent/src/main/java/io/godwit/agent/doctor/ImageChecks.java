package io.godwit.agent.doctor;

import io.godwit.agent.config.AgentConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// What serving images takes, and what being served does.
final class ImageChecks {
    private static final String NAME = "image server";
    private static final Set<String> LOST_AT_REBOOT = Set.of("tmpfs", "ramfs");

    private ImageChecks() {}

    /// @param daemon the storage daemon's binary
    static List<Finding> check(AgentConfig config, Path daemon) throws IOException {
        List<Finding> findings = new ArrayList<>();
        boolean concerned =
                config.images().storage() != null || !config.images().servers().isEmpty();
        if (concerned && config.tls() == null) {
            findings.add(Finding.warn(
                    NAME,
                    "images travel in the clear, and whoever reaches the port can write them",
                    "Set the tls group in place of insecure."));
        }
        AgentConfig.Storage storage = config.images().storage();
        if (storage != null) {
            findings.addAll(serving(storage, daemon));
        }
        if (!config.images().servers().isEmpty()) {
            List<String> ways = config.images().servers().stream()
                    .map(server -> server.directory() + " from " + server.host())
                    .toList();
            findings.add(Finding.ok(NAME, String.join(", ", ways)));
        }
        return findings;
    }

    private static List<Finding> serving(AgentConfig.Storage storage, Path daemon) throws IOException {
        List<Finding> findings = new ArrayList<>();
        if (!Files.isExecutable(daemon)) {
            findings.add(Finding.fail(NAME, "there is no " + daemon, "apt install qemu-system-common"));
        }
        for (Path directory : storage.directories()) {
            if (!Files.isDirectory(directory) || !Files.isWritable(directory)) {
                findings.add(Finding.fail(
                        NAME, directory + " is no directory that can be written", "mkdir -p " + directory));
            }
        }
        Path state = storage.stateDirectory();
        String type = Files.getFileStore(PlaceChecks.nearest(state)).type();
        findings.add(
                LOST_AT_REBOOT.contains(type)
                        ? Finding.fail(
                                NAME,
                                state + " is on " + type + ", and which epochs were activated must outlive a reboot",
                                "Set storage.stateDirectory to a directory on a disk.")
                        : Finding.ok(NAME, "serves " + storage.directories() + " on port " + storage.port()));
        return findings;
    }
}
