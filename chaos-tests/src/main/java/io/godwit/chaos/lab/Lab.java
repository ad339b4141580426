package io.godwit.chaos.lab;

import io.godwit.chaos.workload.GuestServices;
import io.godwit.chaos.workload.GuestWorkload;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A data centre on one machine. Its processes and namespaces go on after this object, and after this process,
/// unless it is closed: a later [#up] or [#down] of the same name finds and removes them.
public final class Lab implements AutoCloseable {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

    private final LabSettings settings;
    private final LabPaths paths;
    private final LabNetwork network;
    private final LabZooKeeper zookeeper;
    private final List<LabHost> hosts = new ArrayList<>();
    private final GuestImage image;

    private Lab(LabSettings settings, LabPaths paths, GuestImage image) {
        this.settings = settings;
        this.paths = paths;
        this.image = image;
        this.network = new LabNetwork(settings);
        this.zookeeper = new LabZooKeeper(settings, paths, network);
        for (int number = 1; number <= settings.hosts(); number++) {
            hosts.add(new LabHost(settings, paths, network, number));
        }
    }

    /// Brings a lab up, agents and all. What a former lab of this name has left is removed first. On failure
    /// nothing of it is left but the logs, whose ends the message shows.
    public static Lab up(LabSettings settings) {
        Lab lab = up(settings, false);
        try {
            lab.hosts.forEach(LabHost::launchAgent);
            lab.hosts.forEach(host -> host.awaitAgent(START_TIMEOUT));
            return lab;
        } catch (RuntimeException e) {
            String logs = lab.logs();
            lab.close();
            throw new LabException(e.getMessage() + "\n" + logs, e);
        }
    }

    /// As [#up], but no agent is started.
    public static Lab upWithoutAgents(LabSettings settings) {
        return up(settings, true);
    }

    private static Lab up(LabSettings settings, boolean networkOnly) {
        GuestImage built = GuestImage.ensure(settings.repository());
        down(settings.name());
        LabPaths paths = LabPaths.of(settings.name());
        try {
            paths.create();
            Lab lab = new Lab(settings, paths, built.copyTo(paths.images()));
            lab.network.create();
            if (!networkOnly) {
                lab.zookeeper.launch();
                new LabCertificates(settings, paths).issue(lab.network);
                lab.zookeeper.awaitStart(START_TIMEOUT);
            }
            lab.hosts.forEach(LabHost::writeConfiguration);
            return lab;
        } catch (IOException | RuntimeException e) {
            down(settings.name());
            throw new LabException("The lab cannot be brought up: " + e.getMessage(), e);
        }
    }

    /// Removes a lab: every process in its namespaces, these, and its files. Does nothing if there is none.
    public static void down(String name) {
        LabNetwork.destroy(name);
        LabPaths.of(name).delete();
    }

    public LabSettings settings() {
        return settings;
    }

    public LabNetwork network() {
        return network;
    }

    public LabZooKeeper zookeeper() {
        return zookeeper;
    }

    public List<LabHost> hosts() {
        return List.copyOf(hosts);
    }

    /// @param number from 1
    public LabHost host(int number) {
        return hosts.get(number - 1);
    }

    /// The processes of all hosts that may have an image open, found in one walk.
    public List<Long> imageProcesses() {
        return Namespace.processesIn(hosts.stream().map(LabHost::namespace).toList()).stream()
                .filter(LabHost::opensImages)
                .toList();
    }

    public GuestImage image() {
        return image;
    }

    /// The shared folder, at the same path on all hosts.
    public Path images() {
        return paths.images();
    }

    /// A guest of one processor with a fresh, empty disk of 64 MiB, not started yet.
    public GuestFile guest(String name, int number, int memoryMiB, GuestWorkload workload) {
        Path disk = paths.images().resolve(name + ".img");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(64 << 20);
        } catch (IOException e) {
            throw new LabException("A disk image cannot be made: " + disk, e);
        }
        return new GuestFile(name, number, memoryMiB, 1, workload, disk, "", List.of());
    }

    /// Writes the guest file where `godwit create` finds it.
    public Path write(GuestFile guest) {
        try {
            return Files.writeString(paths.run().resolve(guest.name() + ".cfg"), guest.text(image));
        } catch (IOException e) {
            throw new LabException("A guest file cannot be written: " + guest.name(), e);
        }
    }

    /// The guest as the client reaches it.
    public GuestServices services(GuestFile guest) {
        return new GuestServices(network.client(), guest.address());
    }

    /// The ends of all logs, for a failure's message.
    public String logs() {
        StringBuilder text = new StringBuilder(zookeeper.log());
        for (LabHost host : hosts) {
            text.append("--- agent of ").append(host.name()).append('\n').append(host.agentLog());
        }
        return text.toString();
    }

    /// Removes everything. Idempotent.
    @Override
    public void close() {
        down(settings.name());
    }
}
