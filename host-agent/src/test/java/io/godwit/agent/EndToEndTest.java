package io.godwit.agent;

import static io.godwit.agent.testing.Answers.error;
import static io.godwit.agent.testing.Answers.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.ClientFactoryBuilder;
import com.linecorp.armeria.client.Endpoint;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.TlsKeyPair;
import io.godwit.agent.api.CreateRequest;
import io.godwit.agent.api.GuestView;
import io.godwit.agent.api.MigrateRequest;
import io.godwit.agent.api.MigrationView;
import io.godwit.agent.certs.CertificateAuthority;
import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.testing.TestHost;
import io.godwit.migration.MigrationReport;
import io.godwit.migration.MigrationReport.Result;
import io.godwit.shim.Guest;
import io.godwit.shim.RunState;
import io.godwit.shim.synthetic.SyntheticGuest;
import io.godwit.shim.synthetic.SyntheticHypervisor;
import io.godwit.shim.synthetic.SyntheticOperation;
import io.godwit.shim.synthetic.SyntheticWorkload;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.apache.curator.test.TestingServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two agents with the real engine, real records and mutual TLS, and guests with memory that they keep writing to.
class EndToEndTest {
    private static final SyntheticWorkload WORKLOAD = new SyntheticWorkload(4 << 20, 2 << 20, 16 << 20, 0.5, 42);

    @TempDir
    Path directory;

    private TestingServer zooKeeper;
    private Path authority;
    private TestHost h1;
    private TestHost h2;
    private SyntheticHypervisor memory1;
    private SyntheticHypervisor memory2;

    @BeforeEach
    void start() throws Exception {
        zooKeeper = new TestingServer();
        authority = directory.resolve("tls");
        CertificateAuthority certificates = certificates(authority);
        certificates.init();
        h1 = host("h1", certificates);
        h2 = host("h2", certificates);
        memory1 = memory("ram1");
        memory2 = memory("ram2");
        h1.startWithRealEngine(memory1);
        h2.startWithRealEngine(memory2);
    }

    @AfterEach
    void stop() throws Exception {
        h1.delete("/v1/guests/web1");
        TestHost.closeAll(h1, h2);
        zooKeeper.close();
    }

    @Test
    void movesAWritingGuestThereAndBackWithItsMemoryTrue() throws Exception {
        create("web1");
        MigrationReport there = migrate(h1, "h2");
        assertThat(there.result()).as(there.reason()).isEqualTo(Result.COMPLETED);
        assertThat(there.epoch()).isEqualTo(2);
        assertThat(wrongPages(memory2)).isEmpty();
        assertThat(memory1.present()).isEmpty();
        assertThat(view(h1)).isEqualTo(new GuestView("web1", "h2", "running", 2, 32L << 20, 1, ""));
        await().until(() -> memory2.announcements() == 1);

        MigrationReport back = migrate(h1, "h1");
        assertThat(back.result()).as(back.reason()).isEqualTo(Result.COMPLETED);
        assertThat(wrongPages(memory1)).isEmpty();
        assertThat(memory2.present()).isEmpty();
        assertThat(h1.get("/metrics").contentUtf8())
                .contains("godwit_migration")
                .contains("godwit_ownership");
    }

    @Test
    void runsOnAtTheSourceWhenTheTargetCannotLoadIt() throws Exception {
        create("web1");
        memory2.failNext(SyntheticOperation.LOAD_DEVICE_STATE);
        MigrationReport failed = migrate(h1, "h2");
        assertThat(failed.result()).isEqualTo(Result.FAILED);
        assertThat(view(h1)).isEqualTo(new GuestView("web1", "h1", "running", 1, 32L << 20, 1, ""));
        await().untilAsserted(() -> assertThat(memory2.present()).isEmpty());
        assertThat(migrate(h1, "h2").result()).isEqualTo(Result.COMPLETED);
        assertThat(wrongPages(memory2)).isEmpty();
    }

    @Test
    void goesOnWithAGuestAfterItsAgentCameBack() throws Exception {
        create("web1");
        h1.stop();
        h1.startWithRealEngine(memory1);
        assertThat(view(h1).state()).isEqualTo("running");
        assertThat(migrate(h1, "h2").result()).isEqualTo(Result.COMPLETED);
        assertThat(wrongPages(memory2)).isEmpty();
    }

    @Test
    void givesUpAMigrationWhenItsAgentStopsAndTheGuestRunsOn() throws Exception {
        create("web1");
        MigrateRequest slow = new MigrateRequest("h2", null, 64L << 10, null, false, false);
        json(h1.post("/v1/guests/web1/migration", slow), HttpStatus.ACCEPTED, MigrationView.class);
        await().atMost(Duration.ofSeconds(30)).until(() -> memory2.present().contains("web1"));
        h1.stop();
        try (Guest guest = memory1.adopt("web1").orElseThrow()) {
            assertThat(guest.state()).isEqualTo(RunState.RUNNING);
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> memory2.present().isEmpty());
        h1.startWithRealEngine(memory1);
        assertThat(view(h1)).isEqualTo(new GuestView("web1", "h1", "running", 1, 32L << 20, 1, ""));
    }

    @Test
    void letsNobodyInWithoutACertificateOfTheClustersAuthority() throws Exception {
        Path foreign = directory.resolve("foreign");
        CertificateAuthority others = certificates(foreign);
        others.init();
        others.issue("h2", List.of());
        assertThat(hosts(keys(authority, "h2"))).isEqualTo(HttpStatus.OK);
        assertThatThrownBy(() -> hosts(keys(foreign, "h2"))).isInstanceOf(CompletionException.class);
        assertThatThrownBy(() -> hosts(null)).isInstanceOf(CompletionException.class);
    }

    @Test
    void doesNotSpeakToAHostThatCannotProveItsName() throws Exception {
        create("web1");
        h2.close();
        // Whoever sits at the address of h2 now holds a certificate of the cluster, but of another host.
        CertificateAuthority certificates = certificates(authority);
        certificates.issue("h3", List.of());
        TestHost impostor = new TestHost("h2", zooKeeper.getConnectString(), directory, tls(authority, "h3"));
        try (impostor) {
            impostor.startWithRealEngine(memory2);
            MigrationReport failed = migrate(h1, "h2");
            assertThat(failed.result()).isEqualTo(Result.FAILED);
            assertThat(memory2.present()).isEmpty();
            assertThat(view(h1).state()).isEqualTo("running");
            assertThat(error(impostor.get("/v1/guests/web1/console"), HttpStatus.NOT_FOUND)
                            .message())
                    .contains("no console");
        }
    }

    private TestHost host(String name, CertificateAuthority certificates) throws Exception {
        certificates.issue(name, List.of());
        return new TestHost(name, zooKeeper.getConnectString(), directory, tls(authority, name));
    }

    private SyntheticHypervisor memory(String name) throws Exception {
        return new SyntheticHypervisor(Files.createDirectories(directory.resolve(name)), WORKLOAD);
    }

    private static CertificateAuthority certificates(Path directory) {
        return new CertificateAuthority(directory, Instant.now(), new SecureRandom());
    }

    private static AgentConfig.TlsFiles tls(Path directory, String host) {
        return new AgentConfig.TlsFiles(
                directory.resolve("ca.crt"), directory.resolve(host + ".crt"), directory.resolve(host + ".key"));
    }

    private static TlsKeyPair keys(Path directory, String host) {
        AgentConfig.TlsFiles files = tls(directory, host);
        return TlsKeyPair.of(files.key().toFile(), files.certificate().toFile());
    }

    /// Asks h1 over TCP, trusting whom h1 trusts.
    private HttpStatus hosts(@Nullable TlsKeyPair keys) {
        ClientFactoryBuilder builder = ClientFactory.builder()
                .tlsCustomizer(context ->
                        context.trustManager(authority.resolve("ca.crt").toFile()));
        Endpoint endpoint = Endpoint.of("h1", h1.config.api().port()).withIpAddr("127.0.0.1");
        try (ClientFactory factory = (keys == null ? builder : builder.tls(keys)).build()) {
            return WebClient.builder(SessionProtocol.HTTPS, endpoint)
                    .factory(factory)
                    .build()
                    .get("/v1/hosts")
                    .aggregate()
                    .join()
                    .status();
        }
    }

    private void create(String text) {
        assertThat(h1.post("/v1/guests", new CreateRequest("f", text, false)).status())
                .isEqualTo(HttpStatus.CREATED);
    }

    private static MigrationReport migrate(TestHost host, String target) {
        MigrateRequest request = new MigrateRequest(target, 2_000L, null, null, true, false);
        json(host.post("/v1/guests/web1/migration", request), HttpStatus.ACCEPTED, MigrationView.class);
        await().atMost(Duration.ofMinutes(1)).until(() -> migration(host).report() != null);
        MigrationReport report = migration(host).report();
        if (report == null) {
            throw new AssertionError("The report is gone again");
        }
        return report;
    }

    private static MigrationView migration(TestHost host) {
        return json(host.get("/v1/guests/web1/migration"), HttpStatus.OK, MigrationView.class);
    }

    private static GuestView view(TestHost host) {
        return json(host.get("/v1/guests/web1"), HttpStatus.OK, GuestView.class);
    }

    private static List<String> wrongPages(SyntheticHypervisor memory) {
        try (Guest guest = memory.adopt("web1").orElseThrow()) {
            return ((SyntheticGuest) guest).wrongPages(10);
        }
    }
}
