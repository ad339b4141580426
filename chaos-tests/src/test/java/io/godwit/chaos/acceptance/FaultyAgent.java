package io.godwit.chaos.acceptance;

import io.godwit.agent.Agent;
import io.godwit.agent.AgentParts;
import io.godwit.agent.RealParts;
import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.config.AgentConfigFile;
import io.godwit.agent.config.ConfigException;
import io.godwit.chaos.lab.LabHost;
import io.godwit.shim.Hypervisor;
import io.godwit.shim.qemu.QemuHypervisor;
import io.godwit.shim.qemu.QemuSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/// An agent with one planted fault, in a process of its own like any other.
public final class FaultyAgent {

    /// What is wrong with it.
    public enum Fault {
        /// As a target, it spoils one byte of a page of the guest's pattern that it has received.
        PAGE_CORRUPTED,
        /// As a target, it hands QEMU a device state that is not what the source sent.
        DEVICE_STATE_CORRUPTED,
        /// As a source, it runs its copy on when the guest is the target's already.
        SOURCE_RESUMES_AFTER_THE_MOVE,
        /// As a source, it captures no frames that reach the guest after its pause.
        FRAMES_FORGOTTEN,
        /// As a source, it dies when it learns that the guest runs on the target, with frames still to forward.
        DIES_WHILE_FORWARDING,
        /// No fault of the agent: its QEMU knows other machine types and processors than everybody else's.
        OTHER_MACHINE
    }

    private FaultyAgent() {}

    /// Starts it in the place of a host's agent.
    static void launch(LabHost host, Fault fault) {
        Path module = Path.of("").toAbsolutePath();
        host.launchAgent(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-cp",
                module.resolve("target/test-classes") + ":" + module.resolve("target/godwit/lib") + "/*",
                FaultyAgent.class.getName(),
                fault.name(),
                host.configuration().toString()));
    }

    public static void main(String... arguments) throws IOException, ConfigException, InterruptedException {
        AgentConfig config = AgentConfigFile.load(Path.of(arguments[1]));
        AgentParts parts = RealParts.open(config);
        Hypervisor hypervisor = switch (Fault.valueOf(arguments[0])) {
            case PAGE_CORRUPTED -> FaultyHypervisor.of(parts.hypervisor(), SpoiledPage::new);
            case DEVICE_STATE_CORRUPTED -> FaultyHypervisor.of(parts.hypervisor(), _ -> new SpoiledState());
            case SOURCE_RESUMES_AFTER_THE_MOVE -> FaultyHypervisor.of(parts.hypervisor(), _ -> new ResumedCopy());
            case DIES_WHILE_FORWARDING -> FaultyHypervisor.of(parts.hypervisor(), _ -> new ForwarderThatDies());
            case FRAMES_FORGOTTEN -> FaultyHypervisor.of(parts.hypervisor(), _ -> new ForgottenFrames());
            case OTHER_MACHINE -> otherMachine(config);
        };
        AgentParts faulty = new AgentParts(
                hypervisor,
                parts.consoles(),
                parts.ownership(),
                parts.takeover(),
                parts.probe(),
                parts.engine(),
                parts.parser(),
                parts.meters(),
                parts.clock());
        try (Agent _ = Agent.start(config, faulty)) {
            new CountDownLatch(1).await();
        }
    }

    private static Hypervisor otherMachine(AgentConfig config) throws IOException {
        Path binary = config.runDirectory().resolveSibling("other-qemu");
        Files.writeString(binary, """
                #!/bin/sh
                /usr/bin/qemu-system-x86_64 "$@" | sed -u 's/pc-q35-7/pc-q35-77/g; s/"Nehalem/"Other/g'
                """);
        Files.setPosixFilePermissions(binary, PosixFilePermissions.fromString("rwxr-xr-x"));
        QemuSettings real =
                QemuSettings.of(config.runDirectory().resolve("guests"), config.ramDirectory(), config.bridge());
        return QemuHypervisor.open(new QemuSettings(
                binary,
                real.runDirectory(),
                real.ramDirectory(),
                real.bridge(),
                real.accelerator(),
                real.commandTimeout(),
                real.startTimeout(),
                real.deviceStateTimeout()));
    }
}
