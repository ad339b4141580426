package io.godwit.agent.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.godwit.agent.certs.CertificateAuthority;
import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.testing.TestHost;
import io.godwit.migration.IncomingGuests;
import io.godwit.migration.MigrationEngine;
import io.godwit.migration.MigrationReport;
import io.godwit.migration.MigrationReport.Result;
import io.godwit.shim.linux.TcpConnection;
import io.godwit.shim.synthetic.SyntheticHypervisor;
import io.godwit.shim.synthetic.SyntheticWorkload;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.curator.test.TestingServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.LoggerFactory;

/// Rehearsals with the real engine: that they happen, that they give way, and that nothing of them is left. Alone in
/// the process, for it counts threads and reads the whole log.
@Isolated
@Timeout(120)
class RehearsalsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    @TempDir
    Path directory;

    private final Logger root = (Logger) LoggerFactory.getLogger("io.godwit");
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private @Nullable Level before;
    private volatile @Nullable InetSocketAddress address;

    @BeforeEach
    void readTheLog() {
        before = root.getLevel();
        root.setLevel(Level.INFO);
        log.start();
        root.addAppender(log);
    }

    @AfterEach
    void leaveTheLog() {
        root.detachAppender(log);
        root.setLevel(before);
    }

    @Test
    void anAgentRehearsesWithItsOwnCertificateAndNothingIsLeftOfIt() throws Exception {
        CertificateAuthority authority = new CertificateAuthority(directory, Instant.now(), new SecureRandom());
        authority.init();
        authority.issue("h1", List.of());
        AgentConfig.TlsFiles tls = new AgentConfig.TlsFiles(
                directory.resolve("ca.crt"), directory.resolve("h1.crt"), directory.resolve("h1.key"));
        SyntheticHypervisor memory =
                new SyntheticHypervisor(Files.createDirectories(directory.resolve("ram")), SyntheticWorkload.IDLE);
        try (TestingServer zooKeeper = new TestingServer();
                TestHost host = new TestHost("h1", zooKeeper.getConnectString(), directory, tls, 2)) {
            host.startWithRealEngine(memory);
            await().atMost(PATIENCE).until(() -> said(Level.INFO).stream().anyMatch(l -> l.contains("Rehearsed")));
            assertThat(said(Level.INFO)).anyMatch(line -> line.matches("Rehearsed 2 migrations in [0-9.]+ s"));
            assertThat(said(Level.WARN)).isEmpty();
            assertThat(said(Level.INFO)).as("of single phases").noneMatch(line -> line.contains("guest rehearsal"));
            assertThat(said(Level.INFO).stream().filter(line -> line.contains("received at")))
                    .as("the agent's own engine")
                    .hasSize(1);
            assertThat(host.get("/metrics").contentUtf8())
                    .contains("godwit_migration_total_milliseconds_count 0")
                    .contains("godwit_migration_rounds_total 0.0");
            assertThat(host.get("/v1/guests").contentUtf8()).doesNotContain("rehearsal");
            assertThat(memory.present()).isEmpty();
            assertNothingIsLeft();
        }
    }

    /// Otherwise what matters most would still be done for the first time by a guest in earnest.
    @Test
    void aRehearsedGuestNeedsRoundsAndDifferences() throws Exception {
        int thatCompressesWell = 1;
        try (RehearsedGuest guest = RehearsedGuest.start("h1", thatCompressesWell);
                MigrationEngine engine = engine(new OnlyThat(guest), new SimpleMeterRegistry())) {
            MigrationReport report = engine.start(guest.request(Objects.requireNonNull(address)))
                    .report()
                    .get(40, TimeUnit.SECONDS);
            assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
            assertThat(report.rounds()).as("%s", report).hasSizeGreaterThan(1);
            assertThat(report.deltaPages()).as("%s", report).isPositive();
            assertThat(report.zeroPages()).as("%s", report).isPositive();
            assertThat(report.downtimeMs()).isPositive();
        }
        assertNothingIsLeft();
    }

    private record OnlyThat(RehearsedGuest guest) implements IncomingGuests {
        @Override
        public List<String> blockers(Offer offer) {
            return List.of();
        }

        @Override
        public Incoming prepare(Offer offer) throws IOException {
            return guest.receive(offer);
        }
    }

    @Test
    void nothingIsReceivedButWhatIsRehearsed() throws Exception {
        IncomingGuests.Offer other = new IncomingGuests.Offer(
                UUID.randomUUID(),
                "h1",
                TestHost.spec(
                        "web1",
                        32,
                        SyntheticHypervisor.withoutFiles(SyntheticWorkload.IDLE).capabilities()),
                "synthetic 1.0",
                "none",
                List.of());
        try (RehearsedGuest guest = RehearsedGuest.start("h1", 0)) {
            assertThatThrownBy(() -> guest.receive(other)).hasMessageContaining("Only what this agent rehearses");
        }
        assertNothingIsLeft();
    }

    @Test
    void givesWayToAMigrationInEarnestInTheMidstOfARehearsal() throws Exception {
        AtomicBoolean earnest = new AtomicBoolean();
        try (Rehearsals _ = Rehearsals.start("h1", 100, this::engine, earnest::get)) {
            await().atMost(PATIENCE).until(() -> mapped().size() >= 4);
            earnest.set(true);
            await().atMost(PATIENCE).until(() -> said(Level.INFO).stream().anyMatch(l -> l.contains("in earnest")));
            assertThat(said(Level.WARN)).isEmpty();
            assertNothingIsLeft();
        }
    }

    @Test
    void endsWithItsAgent() throws Exception {
        try (Rehearsals _ = Rehearsals.start("h1", 100, this::engine, () -> false)) {
            await().atMost(PATIENCE).until(() -> mapped().size() >= 4);
        }
        assertNothingIsLeft();
        assertThat(said(Level.WARN)).isEmpty();
        InetSocketAddress listened = Objects.requireNonNull(address);
        assertThat(listened.getAddress().isLoopbackAddress()).isTrue();
        assertThatThrownBy(() -> new Socket(listened.getAddress(), listened.getPort()).close())
                .isInstanceOf(IOException.class);
    }

    @Test
    void aFailureIsOneLineInTheLog() throws Exception {
        try (Rehearsals _ = Rehearsals.start("h1", 3, this::deaf, () -> false)) {
            await().atMost(PATIENCE).until(() -> !said(Level.WARN).isEmpty());
            assertNothingIsLeft();
            assertThat(said(Level.WARN)).hasSize(1);
            assertThat(said(Level.WARN).getFirst())
                    .contains("could not be rehearsed")
                    .contains("port is taken");
        }
    }

    private MigrationEngine engine(IncomingGuests incoming, MeterRegistry meters) throws IOException {
        MigrationEngine opened = MigrationEngine.open(
                new MigrationEngine.Settings(
                        "h1",
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        null,
                        TcpConnection::look,
                        true),
                incoming,
                meters);
        address = opened.address().orElseThrow();
        return opened;
    }

    private MigrationEngine deaf(IncomingGuests incoming, MeterRegistry meters) throws IOException {
        throw new IOException("The port is taken");
    }

    private List<String> said(Level atLeast) {
        synchronized (log) {
            return new ArrayList<>(log.list)
                    .stream()
                            .filter(event -> event.getLevel().isGreaterOrEqual(atLeast))
                            .filter(event -> event.getLoggerName().startsWith("io.godwit.agent.rehearsal")
                                    || event.getLoggerName().startsWith("io.godwit.migration"))
                            .map(ILoggingEvent::getFormattedMessage)
                            .toList();
        }
    }

    private static void assertNothingIsLeft() {
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(mapped()).isEmpty();
            assertThat(openFiles()).noneMatch(file -> file.contains("godwit-rehearsal"));
            assertThat(Thread.getAllStackTraces().keySet().stream().map(Thread::getName))
                    .noneMatch(name -> name.contains("rehearsal"));
        });
    }

    /// The mappings of guests' memory; a guest has two.
    private static List<String> mapped() {
        try {
            return Files.readAllLines(Path.of("/proc/self/maps")).stream()
                    .filter(line -> line.contains("godwit-rehearsal"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> openFiles() throws IOException {
        List<String> files = new ArrayList<>();
        try (var entries = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path entry : entries) {
                try {
                    files.add(Files.readSymbolicLink(entry).toString());
                } catch (IOException _) {
                    // Closed since the list was made.
                }
            }
        }
        return files;
    }
}
