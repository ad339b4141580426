package io.godwit.chaos.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// The lab's ZooKeeper: one real server in a process and a namespace of its own.
public final class LabZooKeeper {
    static final int PORT = 2181;

    private final LabSettings settings;
    private final Namespace namespace;
    private final Path folder;

    LabZooKeeper(LabSettings settings, LabPaths paths, Namespace namespace) {
        this.settings = settings;
        this.namespace = namespace;
        this.folder = paths.run().resolve("zk");
    }

    static String connectString() {
        return LabNetwork.ZOOKEEPER_ADDRESS + ":" + PORT;
    }

    /// Starts it and waits until it serves. Its data is that of the time before.
    public void start(Duration timeout) {
        launch();
        Daemon.await("ZooKeeper's start", timeout, this::serves);
    }

    private void launch() {
        Daemon.start(
                namespace,
                Map.of(),
                folder.resolveSibling("zk.pid"),
                folder.resolveSibling("zk.log"),
                List.of(
                        settings.repository().resolve("godwit").toString(),
                        "zookeeper",
                        "--data",
                        folder.toString(),
                        "--port",
                        Integer.toString(PORT),
                        "--address",
                        LabNetwork.ZOOKEEPER_ADDRESS));
    }

    /// Kills it. Idempotent.
    public void kill() {
        Daemon.kill(namespace, folder.resolveSibling("zk.pid"));
    }

    /// How many nodes it holds, its own included; -1 if it does not answer.
    public long nodeCount() {
        Command.Result answer = Command.run(
                namespace.wrap("sh", "-c", "echo srvr | busybox nc -w 2 " + LabNetwork.ZOOKEEPER_ADDRESS + " " + PORT),
                Duration.ofSeconds(3));
        return answer.stdout()
                .lines()
                .filter(line -> line.startsWith("Node count:"))
                .map(line ->
                        Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
                .findFirst()
                .orElse(-1L);
    }

    public boolean serves() {
        return nodeCount() >= 0;
    }

    String log() {
        return "--- ZooKeeper\n" + Daemon.tail(folder.resolveSibling("zk.log"));
    }
}
