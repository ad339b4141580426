package io.godwit.agent.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.agent.certs.CertificateAuthority;
import io.godwit.agent.certs.CertificateFiles;
import io.godwit.agent.config.AgentConfig.TlsFiles;
import io.godwit.storage.Claims;
import io.godwit.storage.HostEntry;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.OwnershipSettings;
import io.godwit.storage.RecordAccess;
import io.godwit.storage.RecordsCheck;
import io.godwit.storage.RecordsCheck.Answer;
import io.godwit.storage.RecordsCheck.Records;
import io.godwit.storage.Verdict;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The records on a real server that speaks nothing but TLS, with certificates as `godwit certs` makes them.
class TlsRecordsTest {
    private static final String LOOPBACK = "127.0.0.1";
    private static final String SECRET = "0123456789abcdef0123456789abcdef";
    private static final int SESSION_TIMEOUT_MS = 3_000;
    private static final Claims CLAIMS = new Claims(Set.of("/srv/web1.img"), Set.of("10.0.0.7"));

    @TempDir
    Path root = Path.of("");

    private int port;

    @BeforeEach
    void makeCertificates() throws IOException {
        authority("ca");
        port = freePort();
    }

    @Test
    void aGuestIsClaimedHandedOverAndStoppedOverTls() throws Exception {
        try (ZooKeeperServer _ = serve(issued("ca", "zk1", LOOPBACK));
                Ownership alpha = connect(host("ca", "alpha"));
                Ownership beta = connect(host("ca", "beta"))) {
            alpha.announceHost(entry("alpha"));
            assertThat(alpha.claim("web1", "{}", CLAIMS)).isEqualTo(1);
            UUID migration = UUID.randomUUID();
            alpha.beginHandover("web1", 1, "beta", migration);
            assertThat(beta.commit("web1", migration, CLAIMS)).isEqualTo(new Verdict.Mine(2));
            assertThat(alpha.takeBack("web1", migration)).isEqualTo(new Verdict.NotMine("beta", 2));
            beta.stopped("web1", 2);
            beta.forget("web1");
            assertThat(alpha.guests()).isEmpty();
            assertThat(alpha.connected()).isTrue();
        }
        assertThat(Files.getPosixFilePermissions(root.resolve("alpha/keys.pem")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void aServerThatComesBackIsFoundAgain() throws Exception {
        TlsFiles server = issued("ca", "zk1", LOOPBACK);
        try (Ownership alpha = connect(host("ca", "alpha"))) {
            try (ZooKeeperServer _ = serve(server)) {
                alpha.claim("web1", "{}", CLAIMS);
            }
            await().atMost(Duration.ofSeconds(20)).until(() -> !alpha.connected());
            try (ZooKeeperServer _ = serve(server)) {
                // A request waits for no longer than a session; on a busy machine the way back may take that.
                await().atMost(Duration.ofSeconds(20)).until(alpha::connected);
                assertThat(alpha.settle("web1")).isEqualTo(new Verdict.Mine(1));
            }
        }
    }

    @Test
    void aServerOfAnotherAuthorityIsRefusedInWords() throws Exception {
        authority("other");
        TlsFiles server = issued("other", "zk1", LOOPBACK);
        try (ZooKeeperServer _ = serve(server)) {
            unreachable(host("ca", "alpha"), "a certificate that is not good by " + root.resolve("ca/ca.crt"));
        }
    }

    @Test
    void aServerUnderAnotherNameIsRefusedInWords() throws Exception {
        try (ZooKeeperServer _ = serve(issued("ca", "zk1", "127.0.0.2"))) {
            unreachable(host("ca", "alpha"), "not for the name it is reached by");
        }
    }

    @Test
    void aHostOfAnotherAuthorityIsRefusedInWords() throws Exception {
        authority("other");
        try (ZooKeeperServer _ = serve(issued("ca", "zk1", LOOPBACK))) {
            TlsFiles stranger = issued("other", "alpha", LOOPBACK);
            TlsFiles mixed = new TlsFiles(root.resolve("ca/ca.crt"), stranger.certificate(), stranger.key());
            unreachable(settings("alpha", mixed), "refuses this host's certificate");
        }
    }

    @Test
    void inTheClearNobodyGetsIn() throws Exception {
        try (ZooKeeperServer _ = serve(issued("ca", "zk1", LOOPBACK))) {
            OwnershipSettings plain = settings("alpha", null);
            assertThat(RecordsCheck.ask(plain)).isEqualTo(new Answer.NoSession());
        }
    }

    @Test
    void aServerThatSpeaksNoTlsIsToldApart() throws Exception {
        try (ZooKeeperServer _ = ZooKeeperServer.start(root.resolve("zk"), LOOPBACK, port, 200)) {
            unreachable(host("ca", "alpha"), "TLS");
            // It is the right server in every other way.
            assertThat(RecordsCheck.ask(settings("alpha", null)))
                    .isEqualTo(new Answer.Session(SESSION_TIMEOUT_MS, Records.NONE));
        }
    }

    @Test
    void aServerLeavesNothingBehindInItsProcess() throws Exception {
        try (ZooKeeperServer _ = serve(issued("ca", "zk1", LOOPBACK))) {
            assertThat(System.getProperty("zookeeper.ssl.keyStore.location")).isNotNull();
        }
        assertThat(System.getProperty("zookeeper.ssl.keyStore.location")).isNull();
        assertThat(System.getProperty("zookeeper.serverCnxnFactory")).isNull();
    }

    private void unreachable(OwnershipSettings settings, String reason) throws Exception {
        assertThat(RecordsCheck.obstacle(settings.connect(), settings.access()))
                .hasValueSatisfying(
                        said -> assertThat(said).startsWith(LOOPBACK).contains(reason));
        try (Ownership ownership = connect(settings)) {
            assertThatThrownBy(() -> ownership.announceHost(entry("alpha")))
                    .isInstanceOfSatisfying(
                            OwnershipException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNDECIDED))
                    .hasMessageContaining(reason);
            assertThat(ownership.connected()).isFalse();
        }
    }

    private void authority(String name) throws IOException {
        new CertificateAuthority(root.resolve(name), Instant.now(), new SecureRandom()).init();
    }

    private TlsFiles issued(String authority, String name, String address) throws IOException {
        CertificateFiles files = new CertificateAuthority(root.resolve(authority), Instant.now(), new SecureRandom())
                .issue(name, List.of(address));
        return new TlsFiles(root.resolve(authority).resolve("ca.crt"), files.certificate(), files.key());
    }

    private ZooKeeperServer serve(TlsFiles tls) throws IOException {
        return ZooKeeperServer.start(new ServerSettings(root.resolve("zk"), LOOPBACK, port, 300, tls, null));
    }

    private OwnershipSettings host(String authority, String name) throws IOException {
        return settings(name, issued(authority, name, LOOPBACK));
    }

    private OwnershipSettings settings(String name, @Nullable TlsFiles files) {
        RecordAccess.Tls tls = files == null
                ? null
                : new RecordAccess.Tls(
                        files.authority(), files.certificate(), files.key(), root.resolve(name + "/keys.pem"));
        return new OwnershipSettings(
                LOOPBACK + ":" + port,
                "/godwit",
                SESSION_TIMEOUT_MS,
                name,
                "boot-of-" + name,
                new RecordAccess(tls, List.of(SECRET)));
    }

    private static Ownership connect(OwnershipSettings settings) throws IOException {
        return Ownership.connect(settings, new SimpleMeterRegistry());
    }

    private static HostEntry entry(String name) {
        return new HostEntry(name, LOOPBACK, 7070, 7071, 1L << 30, HostEntry.HostState.UP, true);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral(LOOPBACK))) {
            return socket.getLocalPort();
        }
    }
}
