package io.godwit.agent.cli;

import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.zookeeper.Ensemble;
import io.godwit.agent.zookeeper.ServerSettings;
import io.godwit.agent.zookeeper.ZooKeeperServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "zookeeper",
        description = {
            "Runs a ZooKeeper server in the foreground, alone or as one of an ensemble.",
            "A lone server is a single point of failure: in production run three or five, on as many machines.",
            "With --tls its port speaks TLS only, and clients need a certificate of the authority."
        },
        mixinStandardHelpOptions = true)
final class ZooKeeperCommand extends AgentCall {
    @Option(names = "--data", paramLabel = "DIR", required = true, description = "Where it keeps its data.")
    Path data = Path.of("");

    @Option(names = "--port", defaultValue = "2181", description = "Port for clients. Default: ${DEFAULT-VALUE}")
    int port;

    @Option(
            names = "--address",
            paramLabel = "IP",
            defaultValue = "0.0.0.0",
            description = "Address for clients. Default: ${DEFAULT-VALUE}")
    String address = "";

    @Option(
            names = "--tick-ms",
            paramLabel = "MS",
            defaultValue = "500",
            description = "A session ends at the next tick after its timeout. Timeouts are 2 ticks or more."
                    + " Default: ${DEFAULT-VALUE}")
    int tickMs;

    @Option(names = "--id", paramLabel = "N", description = "Which of the ensemble's servers this is.")
    int id;

    @Option(
            names = "--server",
            paramLabel = "N=HOST[:PORT:PORT]",
            description = {
                "A server of the ensemble, this one included; once for each, alike on all of them.",
                "The ports are for following and for electing the leader. Default: 2888 and 3888"
            })
    List<String> servers = List.of();

    @Option(
            names = "--tls",
            paramLabel = "DIR",
            description =
                    "The directory with ca.crt and this server's certificate and key, as \"godwit certs\" made them.")
    @Nullable
    Path tls;

    @Option(
            names = "--tls-name",
            paramLabel = "NAME",
            description = "Whose certificate it shows: NAME.crt and NAME.key. Default: the name of this machine")
    @Nullable
    String tlsName;

    @Override
    public Integer call() throws CliException, InterruptedException {
        if (port < 1 || port > 65_535 || tickMs < 50 || tickMs > 60_000) {
            throw CliException.badInput("--port is not from 1 to 65535, or --tick-ms not from 50 to 60000", "");
        }
        ServerSettings settings =
                new ServerSettings(data.toAbsolutePath(), address, port, tickMs, tlsFiles(), ensemble());
        ZooKeeperServer server;
        try {
            server = ZooKeeperServer.start(settings);
        } catch (IOException e) {
            throw CliException.failed(String.valueOf(e.getMessage()), "Is the port free, and the directory writable?");
        }
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            server.close();
                            stopped.countDown();
                        },
                        "stop"));
        out().println("ZooKeeper serves " + address + ":" + port + (tls == null ? "" : " over TLS") + ", data in "
                + settings.data());
        out().flush();
        stopped.await();
        return ExitCode.OK;
    }

    private @Nullable Ensemble ensemble() throws CliException {
        if (servers.isEmpty() && id == 0) {
            return null;
        }
        try {
            return Ensemble.parse(id, servers);
        } catch (IllegalArgumentException e) {
            throw CliException.badInput(
                    String.valueOf(e.getMessage()), "--id 1 --server 1=zk1 --server 2=zk2 --server 3=zk3");
        }
    }

    private AgentConfig.@Nullable TlsFiles tlsFiles() throws CliException {
        if (tls == null) {
            if (tlsName != null) {
                throw CliException.badInput("--tls-name means nothing without --tls", "");
            }
            return null;
        }
        Path directory = tls.toAbsolutePath();
        String name = tlsName == null ? machineName() : tlsName;
        AgentConfig.TlsFiles files = new AgentConfig.TlsFiles(
                directory.resolve("ca.crt"), directory.resolve(name + ".crt"), directory.resolve(name + ".key"));
        for (Path file : List.of(files.authority(), files.certificate(), files.key())) {
            if (!Files.isReadable(file)) {
                throw CliException.badInput(
                        "This file is not there or cannot be read: " + file,
                        "Make it with \"godwit certs issue\"; --tls-name says whose it is.");
            }
        }
        return files;
    }

    private static String machineName() throws CliException {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            throw CliException.badInput("The name of this machine is unknown: " + e.getMessage(), "Give --tls-name.");
        }
    }
}
