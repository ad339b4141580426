package io.godwit.agent.cli;

import io.godwit.agent.zookeeper.ZooKeeperServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "zookeeper",
        description = {
            "Runs one real ZooKeeper server in the foreground, for trials.",
            "In production run an ensemble of three or five; a lone server is a single point of failure."
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
            defaultValue = "1000",
            description = "Session timeouts may be from 2 to 20 ticks. Default: ${DEFAULT-VALUE}")
    int tickMs;

    @Override
    public Integer call() throws CliException, InterruptedException {
        if (port < 1 || port > 65_535 || tickMs < 50 || tickMs > 60_000) {
            throw CliException.badInput("--port is not from 1 to 65535, or --tick-ms not from 50 to 60000", "");
        }
        ZooKeeperServer server;
        try {
            server = ZooKeeperServer.start(data.toAbsolutePath(), address, port, tickMs);
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
        out().println("ZooKeeper serves " + address + ":" + port + ", data in " + data.toAbsolutePath());
        out().flush();
        stopped.await();
        return ExitCode.OK;
    }
}
