package io.godwit.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.agent.zookeeper.ZooKeeperServer;
import io.godwit.storage.Claims;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Secrets and servers from the command line.
class RecordsCommandTest {
    private static final String LOOPBACK = "127.0.0.1";

    @TempDir
    Path directory = Path.of("");

    @Test
    void aSecretIsMadeOnceAndForItsOwnerOnly() throws Exception {
        Path file = directory.resolve("cluster/zookeeper.secret");
        Cli made = run("certs", "secret", "--dir", directory.resolve("cluster").toString());
        assertThat(made.exitCode()).as(made.err()).isZero();
        assertThat(made.out()).contains(file.toString());
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        String secret = Files.readString(file);
        assertThat(secret).matches("[0-9a-f]{64}\n");

        Cli again = run("certs", "secret", "--dir", directory.resolve("cluster").toString());
        assertThat(again.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(again.err()).contains("not overwritten");
        assertThat(Files.readString(file)).isEqualTo(secret);
    }

    @Test
    void openRecordsAreClosed() throws Exception {
        run("certs", "secret", "--dir", directory.toString());
        int port = freePort();
        Path config = config(port, "secretFile: " + directory.resolve("zookeeper.secret"));
        try (ZooKeeperServer _ = ZooKeeperServer.start(directory.resolve("zk"), LOOPBACK, port, 500)) {
            Cli early = run("records", "protect", "--config", config.toString());
            assertThat(early.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(early.err()).contains("There are no records under /godwit");

            OwnershipSettings open = new OwnershipSettings(LOOPBACK + ":" + port, "/godwit", 6_000, "host1", "boot");
            try (Ownership ownership = Ownership.connect(open, new SimpleMeterRegistry())) {
                ownership.claim("web1", "{}", new Claims(Set.of(), Set.of()));
            }
            // The root, the four nodes below it, the floor of epochs, the guest and its owner.
            assertThat(run("records", "protect", "--json", "--config", config.toString())
                            .out())
                    .contains("\"changed\" : 8");
            assertThat(run("records", "protect", "--config", config.toString()).out())
                    .contains("0 were not so before");
        }
    }

    @Test
    void withoutASecretNothingIsClosed() throws Exception {
        Cli cli =
                run("records", "protect", "--config", config(1, "root: /godwit").toString());
        assertThat(cli.exitCode()).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(cli.err()).contains("zookeeper.secretFile is not set");
    }

    @Test
    void aServerThatCannotBeIsNotStarted() {
        String data = directory.resolve("zk").toString();
        refused("name three or five", "--data", data, "--id", "1", "--server", "1=zk1");
        refused("Server 0 is not among", "--data", data, "--server", "1=a", "--server", "2=b", "--server", "3=c");
        refused("means nothing without --tls", "--data", data, "--tls-name", "zk1");
        refused("ca.crt", "--data", data, "--tls", directory.toString(), "--tls-name", "zk1");
    }

    private void refused(String reason, String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "zookeeper";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        Cli cli = run(all);
        assertThat(cli.exitCode()).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(cli.err()).contains(reason);
    }

    private Cli run(String... arguments) {
        return Cli.run(directory.resolve("agent.sock"), arguments);
    }

    private Path config(int port, String more) throws IOException {
        return Files.writeString(directory.resolve("agent.yaml"), """
                name: host1
                address: 127.0.0.1
                zookeeper:
                  connect: 127.0.0.1:%d
                  %s
                insecure: true
                bridge: br0
                imageDirectories: [/srv/guests]
                """.formatted(port, more));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral(LOOPBACK))) {
            return socket.getLocalPort();
        }
    }
}
