package io.godwit.chaos.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// The lab's ZooKeeper: real servers, each in a process and a namespace of its own.
public final class LabZooKeeper {
    static final int PORT = 2181;

    private final LabSettings settings;
    private final List<ZooKeeperNode> servers = new ArrayList<>();

    LabZooKeeper(LabSettings settings, LabPaths paths, LabNetwork network) {
        this.settings = settings;
        for (int number = 1; number <= settings.zooKeeperServers(); number++) {
            servers.add(new ZooKeeperNode(settings, paths, network.zookeeper(number), number));
        }
    }

    static String connectString(LabSettings settings) {
        return IntStream.rangeClosed(1, settings.zooKeeperServers())
                .mapToObj(number -> LabNetwork.zooKeeperAddress(number) + ":" + PORT)
                .collect(Collectors.joining(","));
    }

    /// As a client names them.
    public String connectString() {
        return connectString(settings);
    }

    /// Starts all servers and waits until each serves. Their data are those of the time before.
    public void start(Duration timeout) {
        launch();
        awaitStart(timeout);
    }

    /// Starts all servers and returns at once.
    void launch() {
        servers.forEach(ZooKeeperNode::launch);
    }

    /// Waits until each serves.
    void awaitStart(Duration timeout) {
        servers.forEach(server -> Daemon.await("ZooKeeper's start", timeout, server::serves));
    }

    /// Kills all servers. Idempotent.
    public void kill() {
        servers.forEach(ZooKeeperNode::kill);
    }

    public List<ZooKeeperNode> servers() {
        return List.copyOf(servers);
    }

    /// The server that leads now, if one says so; a lone server does.
    public Optional<ZooKeeperNode> leader() {
        return servers.stream().filter(ZooKeeperNode::leads).findFirst();
    }

    /// How many nodes it holds, its own included; -1 if no server answers.
    public long nodeCount() {
        return servers.stream()
                .mapToLong(ZooKeeperNode::nodeCount)
                .filter(count -> count >= 0)
                .findFirst()
                .orElse(-1);
    }

    public boolean serves() {
        return nodeCount() >= 0;
    }

    String log() {
        return servers.stream().map(ZooKeeperNode::log).collect(Collectors.joining());
    }
}
