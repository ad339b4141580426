package io.godwit.agent;

import static io.godwit.agent.testing.Answers.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.common.HttpStatus;
import io.godwit.agent.api.AdjustRequest;
import io.godwit.agent.api.CreateRequest;
import io.godwit.agent.api.GuestView;
import io.godwit.agent.api.MigrateRequest;
import io.godwit.agent.api.MigrationView;
import io.godwit.agent.testing.TestHost;
import io.godwit.migration.MigrationProgress.Phase;
import io.godwit.migration.MigrationReport;
import io.godwit.migration.MigrationReport.Result;
import io.godwit.shim.Guest;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import io.godwit.shim.synthetic.SyntheticGuest;
import io.godwit.shim.synthetic.SyntheticHypervisor;
import io.godwit.shim.synthetic.SyntheticOperation;
import io.godwit.shim.synthetic.SyntheticWorkload;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// Two agents with the real engine and real records, and a guest that writes more than its migration may send.
@Execution(ExecutionMode.CONCURRENT)
@Timeout(120)
class PostcopyEndToEndTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final SyntheticWorkload WORKLOAD = new SyntheticWorkload(100 << 20, 8 << 20, 12 << 20, 0, 42);

    /// What is missing takes two seconds, or half a minute at the second rate: time enough to stop an agent.
    private static final long BYTES_PER_SECOND = 4 << 20;

    private static final long SLOWLY = 256 << 10;

    @TempDir
    Path directory;

    private TestingServer zooKeeper;
    private TestHost h1;
    private TestHost h2;
    private SyntheticHypervisor memory1;
    private SyntheticHypervisor memory2;

    @BeforeEach
    void start() throws Exception {
        zooKeeper = new TestingServer();
        h1 = new TestHost("h1", zooKeeper.getConnectString(), directory, null);
        h2 = new TestHost("h2", zooKeeper.getConnectString(), directory, null);
        memory1 = new SyntheticHypervisor(Files.createDirectories(directory.resolve("ram1")), WORKLOAD);
        memory2 = new SyntheticHypervisor(Files.createDirectories(directory.resolve("ram2")), WORKLOAD);
        h1.startWithRealEngine(memory1);
        h2.startWithRealEngine(memory2);
        assertThat(h1.post("/v1/guests", new CreateRequest("f", "web1", false)).status())
                .isEqualTo(HttpStatus.CREATED);
    }

    @AfterEach
    void stop() throws Exception {
        h2.delete("/v1/guests/web1");
        TestHost.closeAll(h1, h2);
        zooKeeper.close();
    }

    @Test
    void aGuestIsMovedWithItsPagesComingBehindItAndNoNoteStays() throws Exception {
        leave();
        await().atMost(PATIENCE).until(() -> migration().report() != null);
        MigrationReport report = Objects.requireNonNull(migration().report());
        assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
        assertThat(report.latePages().pages()).as("%s", report).isGreaterThan(300);
        assertThat(report.latePages().dependedMs()).isGreaterThan(200);
        assertArrived();
    }

    @Test
    void theSourcesNextAgentServesWhatItsPredecessorOwed() throws Exception {
        leaveAndLinger();
        h1.stop();
        assertThat(memory1.present()).containsExactly("web1");
        assertThat(notes(h1)).containsExactly("web1.owed");
        h1.startWithRealEngine(memory1);
        assertArrived();
    }

    /// Nobody answers at the target, so that the next agent is seen to try and has paid nothing when it stops too.
    @Test
    void aSourcesNextAgentThatStopsTooLeavesWhatIsOwedToTheOneAfterIt() throws Exception {
        leaveAndLinger();
        h1.stop();
        h2.stop();
        int port = h2.config.migration().port();
        try (ServerSocket nobody = new ServerSocket(port, 50, InetAddress.ofLiteral(h2.config.address()))) {
            h1.startWithRealEngine(memory1);
            nobody.accept().close();
            h1.stop();
        }
        assertThat(memory1.present()).containsExactly("web1");
        assertThat(notes(h1)).containsExactly("web1.owed");
        h2.startWithRealEngine(memory2);
        h1.startWithRealEngine(memory1);
        assertArrived();
    }

    @Test
    void theTargetsNextAgentWaitsForWhatItsPredecessorMissed() throws Exception {
        leaveAndLinger();
        h2.stop();
        assertThat(notes(h2)).containsExactly("web1.missing");
        assertThat(memory1.present()).containsExactly("web1");
        h2.startWithRealEngine(memory2);
        adjust(0);
        assertArrived();
        assertThat(json(h2.get("/v1/guests/web1"), HttpStatus.OK, GuestView.class))
                .as("taken charge of again")
                .isEqualTo(new GuestView("web1", "h2", "running", 2, 32L << 20, 1, ""));
    }

    @Test
    void whatNobodyNeedsAnyMoreIsRemovedByTheSourcesNextAgent() throws Exception {
        leaveAndLinger();
        h1.stop();
        assertThat(h2.delete("/v1/guests/web1").status()).isEqualTo(HttpStatus.OK);
        h1.startWithRealEngine(memory1);
        await().atMost(PATIENCE).until(() -> memory1.present().isEmpty());
        assertThat(notes(h1)).isEmpty();
        assertThat(memory2.present()).isEmpty();
    }

    /// A crash as far as the guest's file is concerned, which says that it is to be restarted then.
    @Test
    void aGuestWhosePagesAreLostIsEndedAndStartedAnew() throws Exception {
        leaveAndLinger();
        h1.stop();
        memory1.crash("web1");
        h1.startWithRealEngine(memory1);
        await().atMost(PATIENCE)
                .until(() -> json(h2.get("/v1/guests/web1"), HttpStatus.OK, GuestView.class)
                                .epoch()
                        == 3);
        await().atMost(PATIENCE).until(() -> memory1.present().isEmpty());
        assertThat(notes(h1)).isEmpty();
        await().atMost(PATIENCE).until(() -> memory2.present().equals(List.of("web1")));
        assertThat(missesPages(memory2)).isFalse();
    }

    /// The guest that was to be told so has ended by itself meanwhile, and its host has started it anew.
    @Test
    void aSourceThatHasLostThePagesOfAGuestInAnEarlierEpochStopsTellingItsHost() throws Exception {
        leaveAndLinger();
        h1.stop();
        h2.stop();
        memory1.crash("web1");
        memory2.crash("web1");
        h1.startWithRealEngine(memory1);
        assertThat(notes(h1)).as("there is nobody to be told yet").containsExactly("web1.owed");
        h2.startWithRealEngine(memory2);
        await().atMost(PATIENCE)
                .until(() -> json(h2.get("/v1/guests/web1"), HttpStatus.OK, GuestView.class)
                                .epoch()
                        == 3);
        await().atMost(PATIENCE).until(() -> notes(h1).isEmpty());
    }

    @Test
    void aTargetThatCannotRunItWithPagesMissingLeavesItWhereItIs() throws Exception {
        memory2.failNext(SyntheticOperation.MISSING_PAGES);
        migrate();
        await().atMost(PATIENCE).until(() -> migration().report() != null);
        assertThat(Objects.requireNonNull(migration().report()).result()).isEqualTo(Result.FAILED);
        assertThat(notes(h1)).isEmpty();
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(memory2.present()).isEmpty();
            assertThat(notes(h2)).isEmpty();
        });
        assertThat(json(h1.get("/v1/guests/web1"), HttpStatus.OK, GuestView.class))
                .isEqualTo(new GuestView("web1", "h1", "running", 1, 32L << 20, 1, ""));
        assertThat(h1.delete("/v1/guests/web1").status()).isEqualTo(HttpStatus.OK);
    }

    /// Returns when the guest is the target's and misses pages.
    private void leave() throws HypervisorException {
        migrate();
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> migration().progress().phase().compareTo(Phase.LATE_PAGES) >= 0);
        assertThat(missesPages(memory2)).isTrue();
    }

    /// As [#leave], and then hardly anything comes: nobody asks for pages, and the others come slowly.
    private void leaveAndLinger() throws HypervisorException {
        leave();
        assertThat(h2.post("/v1/guests/web1/pause").status()).isEqualTo(HttpStatus.OK);
        adjust(SLOWLY);
        assertThat(missesPages(memory2)).isTrue();
    }

    private void adjust(long bytesPerSecond) {
        assertThat(h1.patch("/v1/guests/web1/migration", new AdjustRequest(bytesPerSecond, null))
                        .status())
                .isEqualTo(HttpStatus.ACCEPTED);
    }

    private void migrate() {
        MigrateRequest request =
                new MigrateRequest("h2", 1L, BYTES_PER_SECOND, null, "post-copy", null, null, null, false, false);
        json(h1.post("/v1/guests/web1/migration", request), HttpStatus.ACCEPTED, MigrationView.class);
    }

    private void assertArrived() throws Exception {
        await().atMost(PATIENCE).until(() -> memory1.present().isEmpty());
        await().atMost(PATIENCE).until(() -> notes(h1).isEmpty() && notes(h2).isEmpty());
        assertThat(missesPages(memory2)).isFalse();
        try (Guest guest = memory2.adopt("web1").orElseThrow()) {
            SyntheticGuest moved = (SyntheticGuest) guest;
            if (moved.state() == RunState.PAUSED) {
                assertThat(h2.post("/v1/guests/web1/resume").status()).isEqualTo(HttpStatus.OK);
            }
            long before = moved.pagesWritten();
            await().atMost(PATIENCE).until(() -> moved.pagesWritten() > before);
            moved.pause();
            assertThat(moved.wrongPages(10)).isEmpty();
            moved.resume();
        }
    }

    private static boolean missesPages(SyntheticHypervisor memory) throws HypervisorException {
        try (Guest guest = memory.adopt("web1").orElseThrow()) {
            return guest.missesPages();
        }
    }

    private static List<String> notes(TestHost host) throws Exception {
        Path notes = host.config.runDirectory().resolve("pages");
        if (!Files.exists(notes)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(notes)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private MigrationView migration() {
        return json(h1.get("/v1/guests/web1/migration"), HttpStatus.OK, MigrationView.class);
    }
}
