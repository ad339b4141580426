package io.godwit.chaos.lab;

import io.godwit.shim.linux.LinuxProcess.Signal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// One server of the lab's ZooKeeper.
public final class ZooKeeperNode {
    private final LabSettings settings;
    private final Namespace namespace;
    private final int number;
    private final Path folder;

    ZooKeeperNode(LabSettings settings, LabPaths paths, Namespace namespace, int number) {
        this.settings = settings;
        this.namespace = namespace;
        this.number = number;
        this.folder = paths.run().resolve("zk" + (number == 1 ? "" : Integer.toString(number)));
    }

    /// From 1.
    public int number() {
        return number;
    }

    /// Starts it and returns at once. Its data are those of the time before.
    public void launch() {
        List<String> program =
                new ArrayList<>(List.of(settings.repository().resolve("godwit").toString(), "zookeeper"));
        program.addAll(List.of("--data", folder.toString()));
        program.addAll(List.of("--port", Integer.toString(LabZooKeeper.PORT)));
        program.addAll(List.of("--address", address()));
        if (settings.zooKeeperServers() > 1) {
            program.addAll(List.of("--id", Integer.toString(number)));
            for (int server = 1; server <= settings.zooKeeperServers(); server++) {
                program.addAll(List.of("--server", server + "=" + LabNetwork.zooKeeperAddress(server)));
            }
        }
        Daemon.start(namespace, Map.of(), pidFile(), logFile(), program);
    }

    /// Kills it. Idempotent.
    public void kill() {
        Daemon.kill(namespace, pidFile());
    }

    public boolean alive() {
        return Daemon.find(namespace, pidFile()) != null;
    }

    /// Sends a signal to it, if it is alive.
    public void signal(Signal signal) {
        Daemon.signal(namespace, pidFile(), signal);
    }

    /// How many nodes it holds; -1 if it does not answer.
    public long nodeCount() {
        return srvr().lines()
                .filter(line -> line.startsWith("Node count:"))
                .map(line ->
                        Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
                .findFirst()
                .orElse(-1L);
    }

    public boolean serves() {
        return nodeCount() >= 0;
    }

    public boolean leads() {
        return srvr().lines().anyMatch(line -> line.equals("Mode: leader") || line.equals("Mode: standalone"));
    }

    private String srvr() {
        return Command.run(
                        namespace.wrap(
                                "sh", "-c", "echo srvr | busybox nc -w 2 " + address() + " " + LabZooKeeper.PORT),
                        Duration.ofSeconds(3))
                .stdout();
    }

    private String address() {
        return LabNetwork.zooKeeperAddress(number);
    }

    public Path logFile() {
        return folder.resolveSibling(folder.getFileName() + ".log");
    }

    private Path pidFile() {
        return folder.resolveSibling(folder.getFileName() + ".pid");
    }

    String log() {
        return "--- ZooKeeper " + number + "\n" + Daemon.tail(logFile());
    }
}
