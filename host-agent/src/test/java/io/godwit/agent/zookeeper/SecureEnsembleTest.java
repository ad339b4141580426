package io.godwit.agent.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.agent.certs.CertificateAuthority;
import io.godwit.agent.certs.CertificateFiles;
import io.godwit.storage.Claims;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipSettings;
import io.godwit.storage.RecordAccess;
import io.godwit.storage.RecordsCheck;
import io.godwit.storage.Verdict;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Three processes `godwit zookeeper --tls`, which trust each other and their clients by certificates only.
class SecureEnsembleTest {
    private static final String LOOPBACK = "127.0.0.1";
    private static final String SECRET = "0123456789abcdef0123456789abcdef";
    private static final int SERVERS = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Claims NONE = new Claims(Set.of(), Set.of());

    @TempDir
    Path root = Path.of("");

    private final List<Integer> ports = new ArrayList<>();
    private final Map<Integer, Process> servers = new HashMap<>();

    @BeforeEach
    void start() throws Exception {
        CertificateAuthority authority = authority();
        authority.init();
        authority.issue("zk", List.of(LOOPBACK));
        for (int i = 0; i < 3 * SERVERS; i++) {
            ports.add(freePort());
        }
        for (int i = 0; i < SERVERS; i++) {
            launch(i);
        }
        for (int i = 0; i < SERVERS; i++) {
            awaitServer(i);
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (Process server : servers.values()) {
            kill(server);
        }
    }

    @Test
    void recordsAreKeptAndChangedWhileEachServerDiesInTurn() throws Exception {
        try (Ownership alpha = connect("alpha");
                Ownership beta = connect("beta")) {
            assertThat(alpha.claim("web1", "{}", NONE)).as(logs()).isEqualTo(1);
            long epoch = 1;
            // One of the three is the leader, whichever it is by then.
            for (int victim = 0; victim < SERVERS; victim++) {
                kill(Objects.requireNonNull(servers.get(victim)));
                Ownership source = epoch % 2 == 1 ? alpha : beta;
                Ownership target = epoch % 2 == 1 ? beta : alpha;
                UUID migration = UUID.randomUUID();
                begin(source, epoch, epoch % 2 == 1 ? "beta" : "alpha", migration);
                epoch++;
                assertThat(target.commit("web1", migration, NONE)).as(logs()).isEqualTo(new Verdict.Mine(epoch));
                assertThat(source.takeBack("web1", migration)).isInstanceOf(Verdict.NotMine.class);
                launch(victim);
                awaitServer(victim);
            }
            assertThat(alpha.guests()).hasSize(1);
        }
    }

    /// Asks again while the outcome is unknown.
    private static void begin(Ownership source, long epoch, String target, UUID migration) throws Exception {
        for (int attempt = 1; ; attempt++) {
            try {
                source.beginHandover("web1", epoch, target, migration);
                return;
            } catch (OwnershipException e) {
                if (e.kind() != OwnershipException.Kind.UNDECIDED || attempt == 10) {
                    throw e;
                }
            }
        }
    }

    /// A server that has not caught up with its leader closes connections.
    private void awaitServer(int index) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(RecordsCheck.ask(settings("look", LOOPBACK + ":" + ports.get(index))))
                        .as(logs())
                        .isInstanceOf(RecordsCheck.Answer.Session.class));
    }

    private void launch(int index) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                "io.godwit.agent.cli.Godwit",
                "zookeeper",
                "--data",
                root.resolve("data" + index).toString(),
                "--address",
                LOOPBACK,
                "--port",
                Integer.toString(ports.get(index)),
                "--tick-ms",
                "300",
                "--tls",
                root.resolve("ca").toString(),
                "--tls-name",
                "zk",
                "--id",
                Integer.toString(index + 1)));
        for (int i = 0; i < SERVERS; i++) {
            command.add("--server");
            command.add((i + 1) + "=" + LOOPBACK + ":" + ports.get(SERVERS + i) + ":" + ports.get(2 * SERVERS + i));
        }
        Process server = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log(index).toFile()))
                .start();
        servers.put(index, server);
    }

    private static void kill(Process server) throws InterruptedException {
        assertThat(server.destroyForcibly().waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    private Ownership connect(String host) throws IOException {
        String all = IntStream.range(0, SERVERS)
                .mapToObj(i -> LOOPBACK + ":" + ports.get(i))
                .collect(Collectors.joining(","));
        return Ownership.connect(settings(host, all), new SimpleMeterRegistry());
    }

    private OwnershipSettings settings(String host, String connect) throws IOException {
        Path certificate = root.resolve("ca").resolve(host + ".crt");
        if (!Files.exists(certificate)) {
            CertificateFiles made = authority().issue(host, List.of());
            assertThat(made.certificate()).isEqualTo(certificate);
        }
        RecordAccess.Tls tls = new RecordAccess.Tls(
                root.resolve("ca/ca.crt"),
                certificate,
                root.resolve("ca").resolve(host + ".key"),
                root.resolve(host + "/keys.pem"));
        return new OwnershipSettings(
                connect, "/godwit", 4_000, host, "boot-of-" + host, new RecordAccess(tls, List.of(SECRET)));
    }

    private CertificateAuthority authority() {
        return new CertificateAuthority(root.resolve("ca"), Instant.now(), new SecureRandom());
    }

    private Path log(int index) {
        return root.resolve("server" + index + ".log");
    }

    private String logs() throws IOException {
        StringBuilder logs = new StringBuilder();
        for (int i = 0; i < SERVERS; i++) {
            List<String> lines = Files.readAllLines(log(i));
            logs.append("--- server ").append(i + 1).append('\n');
            lines.subList(Math.max(0, lines.size() - 30), lines.size())
                    .forEach(line -> logs.append(line).append('\n'));
        }
        return logs.toString();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral(LOOPBACK))) {
            return socket.getLocalPort();
        }
    }
}
