package io.godwit.agent;

import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.guestfile.GuestFile;
import io.godwit.agent.guestfile.GuestFileException;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.agent.guests.Consoles;
import io.godwit.agent.guests.GuestFileParser;
import io.godwit.agent.zookeeper.RecordSettings;
import io.godwit.migration.MigrationEngine;
import io.godwit.shim.Hypervisor;
import io.godwit.shim.linux.PacketSocket;
import io.godwit.shim.linux.TcpConnection;
import io.godwit.shim.qemu.QemuHypervisor;
import io.godwit.shim.qemu.QemuSettings;
import io.godwit.shim.qemu.QemuStorageDaemon;
import io.godwit.storage.AddressProbe;
import io.godwit.storage.AddressTakeover;
import io.godwit.storage.FrameSender;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipSettings;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The real parts, as the configuration asks for them: QEMU, ZooKeeper, the engine and packet sockets.
final class ProductionParts {
    private ProductionParts() {}

    /// @throws IOException if QEMU, or a file that the way to ZooKeeper needs, cannot be used; nothing is left
    ///                     open then
    static AgentParts open(AgentConfig config) throws IOException {
        QemuHypervisor hypervisor = QemuHypervisor.open(qemuSettings(config));
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        Ownership ownership = Ownership.connect(
                RecordSettings.of(config, OwnershipSettings.runningBootId(), config.runDirectory()), meters);
        return new AgentParts(
                hypervisor,
                consoles(hypervisor),
                ownership,
                AddressTakeover.over(frameSender(), meters),
                AddressProbe.over(new PacketFrames(), meters),
                (incoming, registry) -> MigrationEngine.open(engineSettings(config), incoming, registry),
                guestFileParser(),
                meters,
                InstantSource.system(),
                QemuStorageDaemon::open,
                (incoming, registry) -> MigrationEngine.open(rehearsalSettings(config), incoming, registry));
    }

    private static QemuSettings qemuSettings(AgentConfig config) {
        QemuSettings.Accelerator accelerator = switch (config.accelerator()) {
            case AUTO -> QemuSettings.Accelerator.AUTO;
            case KVM -> QemuSettings.Accelerator.KVM;
            case TCG -> QemuSettings.Accelerator.TCG;
        };
        // A folder of its own, so that no guest's name can be that of anything else the agent keeps.
        Path guests = config.runDirectory().toAbsolutePath().resolve("guests");
        return QemuSettings.of(guests, config.ramDirectory().toAbsolutePath(), config.bridge())
                .withAccelerator(accelerator);
    }

    private static Consoles consoles(QemuHypervisor hypervisor) {
        return guest ->
                Optional.of(new Consoles.Console(hypervisor.consoleSocket(guest), hypervisor.consoleLog(guest)));
    }

    private static FrameSender frameSender() {
        return (networkInterface, frame) -> {
            try (PacketSocket socket = PacketSocket.open(networkInterface, PacketSocket.Mode.SEND)) {
                socket.send(frame);
            }
        };
    }

    private static MigrationEngine.Settings engineSettings(AgentConfig config) {
        return new MigrationEngine.Settings(
                config.name(),
                new InetSocketAddress(config.address(), config.migration().port()),
                tls(config),
                TcpConnection::look);
    }

    private static MigrationEngine.Settings rehearsalSettings(AgentConfig config) {
        return new MigrationEngine.Settings(
                config.name(),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                tls(config),
                TcpConnection::look,
                true);
    }

    private static MigrationEngine.@Nullable Tls tls(AgentConfig config) {
        AgentConfig.TlsFiles tls = config.tls();
        return tls == null ? null : new MigrationEngine.Tls(tls.authority(), tls.certificate(), tls.key());
    }

    private static GuestFileParser guestFileParser() {
        return (String fileName, String text, Hypervisor.Capabilities capabilities) -> {
            try {
                GuestFile file = GuestFile.parse(fileName, text, capabilities);
                return new GuestFileParser.Parsed(file.spec(), file.policy(), file.warnings());
            } catch (GuestFileException e) {
                throw new AgentException(
                        Code.BAD_REQUEST, AgentException.words(e), "not started", "Mend the guest file.", e);
            }
        };
    }
}
