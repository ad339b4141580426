package io.godwit.agent;

import static io.godwit.agent.testing.Answers.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.common.HttpStatus;
import io.godwit.agent.api.CreateRequest;
import io.godwit.agent.api.GuestView;
import io.godwit.agent.guests.SpecJson;
import io.godwit.agent.testing.FakeHypervisor;
import io.godwit.agent.testing.TestHost;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.RunState;
import io.godwit.storage.Debt;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.HostEntry;
import io.godwit.storage.HostEntry.HostState;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipSettings;
import io.godwit.storage.placement.RestartPolicy;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// Two agents, and a third host that is nothing but records, and dies.
@Execution(ExecutionMode.CONCURRENT)
class ClusterFailoverTest {
    private static final long WAIT_MS = 300;
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Duration NOT_YET = Duration.ofSeconds(3);

    @TempDir
    Path directory;

    private TestingServer zooKeeper;
    private TestHost one;
    private TestHost two;
    private Ownership dead;

    @BeforeEach
    void start() throws Exception {
        zooKeeper = new TestingServer();
        one = new TestHost("h1", zooKeeper.getConnectString(), directory, null);
        two = new TestHost("h2", zooKeeper.getConnectString(), directory, null);
        dead = records("dead", "boot-0");
        dead.announceHost(entry(WAIT_MS));
    }

    @AfterEach
    void stop() throws Exception {
        TestHost.closeAll(one, two);
        dead.close();
        zooKeeper.close();
    }

    @Test
    void aGuestOfADeadHostRunsElsewhereAndOnceOnly() throws Exception {
        claim("web1", 32, RestartPolicy.DEFAULT);
        startBoth();
        dead.close();
        GuestView guest = awaitRunning("web1");
        assertThat(guest.epoch()).isEqualTo(2);
        assertThat(List.of(copies(one, "web1"), copies(two, "web1"))).containsExactlyInAnyOrder(0, 1);
        TestHost chosen = guest.host().equals("h1") ? one : two;
        assertThat(chosen.hypervisor.guest("web1").announcements).hasPositiveValue();
        assertThat(chosen.announced).anyMatch(line -> line.startsWith("web1 br0"));
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(view("web1").failover()).isEmpty());
    }

    @Test
    void guestsAreSpreadAndTheMoreImportantIsFirst() throws Exception {
        claim("db1", 32, new RestartPolicy("", "db", 500, true));
        claim("db2", 32, new RestartPolicy("", "db", 500, true));
        startBoth();
        dead.close();
        assertThat(List.of(awaitRunning("db1").host(), awaitRunning("db2").host()))
                .containsExactlyInAnyOrder("h1", "h2");
    }

    @Test
    void nothingIsTakenFromAHostThatDidNotEnforceItsLeaseNorWhatItsFileLeaves() throws Exception {
        claim("stay", 32, new RestartPolicy("", "", 100, false));
        startBoth();
        dead.close();
        await().during(NOT_YET).atMost(SOON).until(() -> view("stay").epoch() == 1);
        Ownership again = records("dead", "boot-0");
        again.announceHost(entry(0));
        again.claim("web1", specification("web1", 32, RestartPolicy.DEFAULT), SpecJson.claims(spec("web1", 32)));
        again.close();
        await().during(NOT_YET)
                .atMost(SOON)
                .until(() -> view("web1").epoch() == 1 || view("web1").host().equals("dead"));
        assertThat(view("web1").host()).isEqualTo("dead");
    }

    @Test
    void failoverThatIsOffTakesNothingUntilItIsOnAgain() throws Exception {
        claim("web1", 32, RestartPolicy.DEFAULT);
        startBoth();
        dead.setFailover(false, "a test");
        dead.close();
        await().during(NOT_YET).atMost(SOON).until(() -> view("web1").host().equals("dead"));
        try (Ownership operator = records("operator", "boot-0")) {
            operator.setFailover(true, "a test");
        }
        assertThat(awaitRunning("web1").epoch()).isEqualTo(2);
    }

    @Test
    void aGuestThatCannotBeStartedIsTriedElsewhereAndItsOperatorSeesHowFarThatIs() throws Exception {
        claim("web1", 32, RestartPolicy.DEFAULT);
        startBoth();
        one.hypervisor.refuseStart(true);
        two.hypervisor.refuseStart(true);
        dead.close();
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(view("web1").failover()).isEqualTo("restarting (2 of 5)"));
        assertThat(view("web1").state()).isEqualTo("stopped");
        one.hypervisor.refuseStart(false);
        two.hypervisor.refuseStart(false);
        GuestView guest = awaitRunning("web1");
        assertThat(guest.epoch()).isGreaterThan(3);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(view("web1").failover()).isEmpty());
    }

    @Test
    void whereNobodyHasRoomTheReasonIsShown() throws Exception {
        claim("big", 400, RestartPolicy.DEFAULT);
        startBoth();
        dead.close();
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(view("big").failover())
                        .startsWith("waiting: no host has room: dead does not answer, h1 has 256 MiB free"));
        assertThat(view("big").host()).isEqualTo("dead");
    }

    @Test
    void aGuestThatWasGivenUpIsTriedAgainWhenItIsRecovered() throws Exception {
        claim("web1", 32, RestartPolicy.DEFAULT);
        startBoth();
        one.hypervisor.refuseStart(true);
        two.hypervisor.refuseStart(true);
        dead.close();
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(view("web1").failover()).isEqualTo("restarting (2 of 5)"));
        // Each attempt comes twice as late as the one before. Its record is what counts them, whoever made them.
        try (Ownership another = records("operator", "boot-0")) {
            GuestEntry entry = another.guest("web1").orElseThrow();
            Debt debt = Objects.requireNonNull(entry.debt());
            another.owe("web1", entry.version(), debt.tried().tried());
        }
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(view("web1").failover()).startsWith("gave up: 5 attempts failed"));
        one.hypervisor.refuseStart(false);
        two.hypervisor.refuseStart(false);
        json(one.post("/v1/guests/web1/recovery"), HttpStatus.OK, Object.class);
        awaitRunning("web1");
    }

    @Test
    void anOperatorWhoDestroysAStoppedGuestEndsItsDebt() throws Exception {
        claim("web1", 32, RestartPolicy.DEFAULT);
        startBoth();
        one.hypervisor.refuseStart(true);
        two.hypervisor.refuseStart(true);
        dead.close();
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(view("web1").failover()).startsWith("restarting"));
        await().atMost(SOON).until(() -> one.delete("/v1/guests/web1").status().equals(HttpStatus.OK));
        assertThat(one.get("/v1/guests/web1").status()).isEqualTo(HttpStatus.NOT_FOUND);
    }

    @Test
    void whatARecordSaysRunsHereIsStartedHereEvenIfItWasWrittenLate() throws Exception {
        one.start();
        // A write of an agent that has died since: its successor did not see it when it started.
        try (Ownership before = records("h1", "boot-1")) {
            before.claim("late", specification("late", 32, RestartPolicy.DEFAULT), SpecJson.claims(spec("late", 32)));
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> copies(one, "late") == 1);
        assertThat(one.hypervisor.guest("late").state()).isEqualTo(RunState.RUNNING);
        assertThat(awaitRunning("late").epoch()).isEqualTo(2);
    }

    @Test
    void aCopyThatTheRecordHasOutrunIsDestroyedThoughNobodyAsked() throws Exception {
        one.start();
        one.post("/v1/guests", new CreateRequest("f", "web1", false));
        try (Ownership other = records("h1", "boot-1")) {
            other.stopped("web1", 1);
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> copies(one, "web1") == 0);
        assertThat(view("web1").state()).isEqualTo("stopped");
    }

    private void startBoth() throws Exception {
        one.start();
        two.start();
    }

    private GuestView awaitRunning(String guest) {
        await().atMost(SOON.plusSeconds(10))
                .untilAsserted(() -> assertThat(view(guest).state()).isEqualTo("running"));
        return view(guest);
    }

    private GuestView view(String guest) {
        GuestView[] all = json(one.get("/v1/guests"), HttpStatus.OK, GuestView[].class);
        for (GuestView view : all) {
            if (view.name().equals(guest)) {
                return view;
            }
        }
        throw new AssertionError("There is no guest " + guest);
    }

    private static int copies(TestHost host, String guest) {
        return (int) host.hypervisor.present().stream().filter(guest::equals).count();
    }

    private void claim(String guest, int memoryMiB, RestartPolicy policy) throws Exception {
        dead.claim(guest, specification(guest, memoryMiB, policy), SpecJson.claims(spec(guest, memoryMiB)));
    }

    private static String specification(String guest, int memoryMiB, RestartPolicy policy) {
        return SpecJson.write(spec(guest, memoryMiB), policy);
    }

    private static GuestSpec spec(String guest, int memoryMiB) {
        return TestHost.spec(guest, memoryMiB, new FakeHypervisor().capabilities());
    }

    private Ownership records(String host, String bootId) throws Exception {
        return Ownership.connect(
                new OwnershipSettings(
                        Objects.requireNonNull(zooKeeper).getConnectString(), "/godwit", 3_000, host, bootId),
                new SimpleMeterRegistry());
    }

    private static HostEntry entry(long leaseTakeoverWaitMs) {
        return new HostEntry("dead", "127.0.0.1", 1, 2, 1L << 30, HostState.UP, leaseTakeoverWaitMs, true);
    }
}
