package io.godwit.agent;

import static io.godwit.agent.testing.Answers.error;
import static io.godwit.agent.testing.Answers.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import io.godwit.agent.api.CreateRequest;
import io.godwit.agent.api.GuestView;
import io.godwit.agent.api.MigrateRequest;
import io.godwit.agent.api.PresenceView;
import io.godwit.agent.api.RecoveryView;
import io.godwit.agent.api.RecoveryView.RecordView;
import io.godwit.agent.api.SettlementView;
import io.godwit.agent.testing.FakeGuest;
import io.godwit.agent.testing.TestHost;
import io.godwit.shim.RunState;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// Two agents on real records, and guests that are not where, or not as, their record says.
@Execution(ExecutionMode.CONCURRENT)
class RecoveryTest {
    private static final RecordView ON_H1 = new RecordView("running", "h1", "", 1);

    @TempDir
    Path directory;

    private TestingServer zooKeeper;
    private TestHost h1;
    private TestHost h2;

    @BeforeEach
    void start() throws Exception {
        zooKeeper = new TestingServer();
        h1 = new TestHost("h1", zooKeeper.getConnectString(), directory, null);
        h2 = new TestHost("h2", zooKeeper.getConnectString(), directory, null);
        h1.start();
        h2.start();
        create();
    }

    @AfterEach
    void stop() throws Exception {
        TestHost.closeAll(h1, h2);
        zooKeeper.close();
    }

    @Test
    void leavesAloneWhatIsAsItShouldBe() {
        RecoveryView view = recover(h2);
        assertThat(view.settled()).isTrue();
        assertThat(view.record()).isEqualTo(ON_H1);
        assertThat(view.after()).isEqualTo(ON_H1);
        assertThat(at(view, "h1").action()).isEqualTo("none");
        assertThat(at(view, "h1").found()).isEqualTo(new PresenceView("h1", "running", true, 1, 0, ""));
        assertThat(at(view, "h2").found()).isEqualTo(new PresenceView("h2", "none", false, 0, 0, ""));
        assertThat(h1.hypervisor.guest("web1").announcements).hasValue(0);
    }

    @Test
    void destroysACopyThatTheRecordDoesNotName() {
        FakeGuest copy = plant(h2, RunState.RUNNING);
        RecoveryView dryRun = json(h1.post("/v1/guests/web1/recovery?dryRun=true"), HttpStatus.OK, RecoveryView.class);
        assertThat(dryRun.settled()).isFalse();
        assertThat(at(dryRun, "h2").action()).isEqualTo("destroy");
        assertThat(at(dryRun, "h2").outcome()).isEmpty();
        assertThat(copy.state()).isEqualTo(RunState.RUNNING);

        RecoveryView view = recover(h1);
        assertThat(view.settled()).isTrue();
        assertThat(at(view, "h2").outcome()).isEqualTo("The copy was destroyed");
        assertThat(copy.state()).isEqualTo(RunState.GONE);
        assertThat(h1.hypervisor.guest("web1").state()).isEqualTo(RunState.RUNNING);
        // The name is free again, and asking again finds nothing to do.
        assertThat(at(recover(h1), "h2").action()).isEqualTo("none");
        assertThat(migrate().status()).isEqualTo(HttpStatus.ACCEPTED);
        await().until(() -> view().host().equals("h2"));
    }

    @Test
    void triesAgainAndAgainToDestroyACopyThatResists() {
        FakeGuest copy = plant(h2, RunState.PAUSED);
        copy.refuseDestroy(true);
        RecoveryView view = recover(h1);
        assertThat(view.settled()).isFalse();
        assertThat(at(view, "h2").outcome()).contains("tried again every 5 s");
        assertThat(at(recover(h1), "h2").action()).isEqualTo("wait");
        copy.refuseDestroy(false);
        await().atMost(Duration.ofSeconds(20)).until(() -> recover(h1).settled());
        assertThat(copy.state()).isEqualTo(RunState.GONE);
    }

    @Test
    void destroysNothingOnTheWordOfWhoeverAsks() {
        SettlementView settled = json(h1.post("/v1/guests/web1/settlement"), HttpStatus.OK, SettlementView.class);
        assertThat(settled).isEqualTo(new SettlementView("h1", "It runs here, as the record says", true));
        assertThat(h1.hypervisor.guest("web1").state()).isEqualTo(RunState.RUNNING);
    }

    @Test
    void resumesWhatNobodyPausedAndNothingElse() {
        h1.hypervisor.guest("web1").setState(RunState.PAUSED);
        RecoveryView view = recover(h2);
        assertThat(at(view, "h1").action()).isEqualTo("resume");
        assertThat(view.settled()).isTrue();
        assertThat(h1.hypervisor.guest("web1").state()).isEqualTo(RunState.RUNNING);
        assertThat(h1.hypervisor.guest("web1").announcements).hasValue(1);

        h1.post("/v1/guests/web1/pause");
        view = recover(h2);
        assertThat(at(view, "h1").action()).isEqualTo("none");
        assertThat(view.settled()).isTrue();
        assertThat(h1.hypervisor.guest("web1").state()).isEqualTo(RunState.PAUSED);
    }

    @Test
    void saysSoWhenAGuestCannotBeResumed() {
        h1.hypervisor.guest("web1").setState(RunState.PAUSED);
        h1.hypervisor.guest("web1").refuseResume(true);
        RecoveryView view = recover(h2);
        assertThat(view.settled()).isFalse();
        assertThat(at(view, "h1").outcome()).contains("This guest refuses to run");
    }

    @Test
    void takesChargeOfWhatItCouldNotGetHoldOfBefore() throws Exception {
        loseHold();
        RecoveryView refused = recover(h2);
        assertThat(at(refused, "h1").action()).isEqualTo("refuse");
        assertThat(at(refused, "h1").reason()).contains("by hand");
        assertThat(refused.settled()).isFalse();

        h1.hypervisor.refuseAdoption(false);
        RecoveryView view = recover(h2);
        assertThat(at(view, "h1").action()).isEqualTo("take_charge");
        assertThat(view.settled()).isTrue();
        assertThat(view()).isEqualTo(new GuestView("web1", "h1", "running", 1, 32L << 20, 1, ""));
    }

    @Test
    void startsAgainWhatHasNoProcessAnyMore() throws Exception {
        loseHold();
        h1.hypervisor.guest("web1").destroy(Duration.ofSeconds(1));
        h1.hypervisor.refuseAdoption(false);
        RecoveryView view = recover(h2);
        assertThat(at(view, "h1").action()).isEqualTo("record_stopped");
        assertThat(view.settled()).isTrue();
        assertThat(view.after()).isEqualTo(new RecordView("running", "h1", "", 2));
        assertThat(view()).isEqualTo(new GuestView("web1", "h1", "running", 2, 32L << 20, 1, ""));
    }

    @Test
    void takesBackAHandoverThatWasLeftBehind() throws Exception {
        beginHandover();
        h1.hypervisor.guest("web1").setState(RunState.PAUSED);
        RecoveryView view = recover(h2);
        assertThat(view.record()).isEqualTo(new RecordView("handover", "h1", "h2", 1));
        assertThat(at(view, "h1").action()).isEqualTo("take_back");
        assertThat(view.after()).isEqualTo(ON_H1);
        assertThat(view.settled()).isTrue();
        assertThat(h1.hypervisor.guest("web1").state()).isEqualTo(RunState.RUNNING);
    }

    @Test
    void namesTheSourceThatAloneCanTakeAHandoverBackAndCleansUpElsewhere() throws Exception {
        beginHandover();
        FakeGuest copy = plant(h2, RunState.PAUSED);
        h1.stop();
        RecoveryView view = recover(h2);
        assertThat(view.settled()).isFalse();
        assertThat(at(view, "h1").action()).isEqualTo("unanswered");
        assertThat(at(view, "h1").found()).isNull();
        assertThat(at(view, "h1").reason()).contains("Only this host can take the guest back");
        // The target of a handover is not the owner: what it has must not run.
        assertThat(copy.state()).isEqualTo(RunState.GONE);
        assertThat(view.after().state()).isEqualTo("handover");

        h1.start();
        assertThat(recover(h2).settled()).isTrue();
        assertThat(view().state()).isEqualTo("running");
    }

    @Test
    void leavesAMigrationThatIsUnderWayAlone() {
        h1.engine().hold();
        migrate();
        await().until(() -> h2.hypervisor.present().contains("web1"));
        RecoveryView view = recover(h2);
        assertThat(view.hosts()).extracting(RecoveryView.HostView::action).containsOnly("wait");
        assertThat(at(view, "h1").reason()).contains("is migrating to h2");
        assertThat(at(view, "h2").reason()).contains("is arriving from h1");
        assertThat(view.settled()).isFalse();
        assertThat(error(h2.post("/v1/guests/web1/settlement"), HttpStatus.CONFLICT)
                        .message())
                .contains("left alone");
        h1.engine().release();
        await().until(() -> recover(h1).settled());
        assertThat(view().host()).isEqualTo("h2");
        assertThat(h1.hypervisor.present()).isEmpty();
    }

    @Test
    void removesLeftovers() {
        h2.hypervisor.plantLeftovers("web1");
        RecoveryView view = recover(h1);
        assertThat(at(view, "h2").action()).isEqualTo("remove_leftovers");
        assertThat(view.settled()).isTrue();
        assertThat(h2.hypervisor.present()).isEmpty();
    }

    @Test
    void leavesAGuestAloneOfWhichThereIsNoRecord() {
        FakeGuest lost = h2.hypervisor.plant(TestHost.spec("lost", 32, h2.hypervisor.capabilities()), RunState.RUNNING);
        RecoveryView view = json(h1.post("/v1/guests/lost/recovery"), HttpStatus.OK, RecoveryView.class);
        assertThat(view.record().state()).isEqualTo("none");
        assertThat(at(view, "h2").action()).isEqualTo("refuse");
        assertThat(view.settled()).isFalse();
        assertThat(error(h2.post("/v1/guests/lost/settlement"), HttpStatus.UNPROCESSABLE_ENTITY)
                        .message())
                .contains("No record");
        assertThat(lost.state()).isEqualTo(RunState.RUNNING);
        assertThat(error(h1.post("/v1/guests/nobody/recovery"), HttpStatus.NOT_FOUND)
                        .message())
                .contains("no host has anything");
    }

    @Test
    void changesNothingWithoutZooKeeper() throws Exception {
        zooKeeper.stop();
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> error(h1.post("/v1/guests/web1/settlement"), HttpStatus.SERVICE_UNAVAILABLE));
        // What is here can be told all the same.
        assertThat(json(h1.get("/v1/guests/web1/presence"), HttpStatus.OK, PresenceView.class)
                        .found())
                .isEqualTo("running");
        assertThat(h1.hypervisor.guest("web1").state()).isEqualTo(RunState.RUNNING);
    }

    /// Lets the agent of h1 start while its guest does not answer.
    private void loseHold() throws Exception {
        h1.stop();
        h1.hypervisor.refuseAdoption(true);
        h1.start();
    }

    /// As an agent of h1 would that then forgets about it.
    private void beginHandover() throws Exception {
        OwnershipSettings settings =
                new OwnershipSettings(zooKeeper.getConnectString(), "/godwit", 3000, "h1", "boot-1");
        try (Ownership records = Ownership.connect(settings, new SimpleMeterRegistry())) {
            records.beginHandover("web1", 1, "h2", UUID.randomUUID());
        }
    }

    private void create() {
        assertThat(h1.post("/v1/guests", new CreateRequest("f", "web1", false)).status())
                .isEqualTo(HttpStatus.CREATED);
    }

    private static FakeGuest plant(TestHost host, RunState state) {
        return host.hypervisor.plant(TestHost.spec("web1", 32, host.hypervisor.capabilities()), state);
    }

    private AggregatedHttpResponse migrate() {
        return h1.post("/v1/guests/web1/migration", new MigrateRequest("h2", null, null, null, false, false));
    }

    private GuestView view() {
        return json(h1.get("/v1/guests/web1"), HttpStatus.OK, GuestView.class);
    }

    private static RecoveryView recover(TestHost asked) {
        return json(asked.post("/v1/guests/web1/recovery"), HttpStatus.OK, RecoveryView.class);
    }

    private static RecoveryView.HostView at(RecoveryView view, String host) {
        return view.hosts().stream()
                .filter(one -> one.host().equals(host))
                .findFirst()
                .orElseThrow();
    }
}
