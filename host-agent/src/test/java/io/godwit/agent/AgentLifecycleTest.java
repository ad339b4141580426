package io.godwit.agent;

import static io.godwit.agent.testing.Answers.error;
import static io.godwit.agent.testing.Answers.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpStatus;
import io.godwit.agent.api.CreateAnswer;
import io.godwit.agent.api.CreateRequest;
import io.godwit.agent.api.ErrorView;
import io.godwit.agent.api.GuestView;
import io.godwit.agent.api.HostView;
import io.godwit.agent.testing.FakeGuest;
import io.godwit.agent.testing.TestHost;
import io.godwit.shim.Guest.EndReason;
import io.godwit.shim.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// One agent on real records, spoken to over its Unix socket.
@Execution(ExecutionMode.CONCURRENT)
class AgentLifecycleTest {
    @TempDir
    Path directory;

    private TestingServer zooKeeper;
    private TestHost host;

    @BeforeEach
    void start() throws Exception {
        zooKeeper = new TestingServer();
        host = new TestHost("h1", zooKeeper.getConnectString(), directory, null);
        host.start();
    }

    @AfterEach
    void stop() throws Exception {
        host.close();
        zooKeeper.close();
    }

    @Test
    void createsListsPausesResumesAndDestroys() {
        CreateAnswer created = json(create("web1"), HttpStatus.CREATED, CreateAnswer.class);
        assertThat(created.guest()).isEqualTo(new GuestView("web1", "h1", "running", 1, 32L << 20, 1, ""));
        assertThat(json(host.get("/v1/guests"), HttpStatus.OK, GuestView[].class))
                .containsExactly(created.guest());

        assertThat(json(host.post("/v1/guests/web1/pause"), HttpStatus.OK, GuestView.class)
                        .state())
                .isEqualTo("paused");
        assertThat(host.hypervisor.guest("web1").state()).isEqualTo(RunState.PAUSED);
        assertThat(json(host.post("/v1/guests/web1/resume"), HttpStatus.OK, GuestView.class)
                        .state())
                .isEqualTo("running");

        HostView[] hosts = json(host.get("/v1/hosts"), HttpStatus.OK, HostView[].class);
        assertThat(hosts).containsExactly(new HostView("h1", "127.0.0.1", "up", true, 0, 1, 256L << 20, 32L << 20));

        assertThat(json(host.delete("/v1/guests/web1"), HttpStatus.OK, GuestView.class)
                        .state())
                .isEqualTo("running");
        assertThat(host.hypervisor.present()).isEmpty();
        assertThat(json(host.get("/v1/guests"), HttpStatus.OK, GuestView[].class))
                .isEmpty();
        assertThat(error(host.get("/v1/guests/web1"), HttpStatus.NOT_FOUND).code())
                .isEqualTo("NOT_FOUND");
    }

    @Test
    void saysWhoAnswersForTheAddressOfAGuestThatIsAboutToStart() {
        host.letAnswer("10.0.0.9");
        CreateAnswer created = json(create("web1 32 10.0.0.9"), HttpStatus.CREATED, CreateAnswer.class);
        assertThat(created.guest().state()).isEqualTo("running");
        assertThat(created.warnings()).singleElement(STRING).contains("10.0.0.9", "web1", "02:00:00:00:00:aa");
        assertThat(json(create("web2 32 10.0.0.8"), HttpStatus.CREATED, CreateAnswer.class)
                        .warnings())
                .isEmpty();
    }

    @Test
    void refusesANameTwiceAndMoreMemoryThanThereIs() {
        create("web1");
        assertThat(error(create("web1"), HttpStatus.CONFLICT).message()).contains("web1");
        ErrorView refused = error(create("big 250"), HttpStatus.UNPROCESSABLE_ENTITY);
        assertThat(refused.code()).isEqualTo("REFUSED");
        assertThat(refused.message()).contains("250 MiB").contains("224");
        create("web2");
        create("web3");
        assertThat(error(create("web4"), HttpStatus.UNPROCESSABLE_ENTITY).message())
                .contains("limit of guests");
    }

    @Test
    void tellsEveryBlockerOfADryRunAtOnceAndTouchesNothing() {
        host.hypervisor.setBlockers("There is no bridge br7", "Image is missing: /x");
        AggregatedHttpResponse answer = host.post("/v1/guests?dryRun=true", new CreateRequest("f", "web1 400", false));
        assertThat(error(answer, HttpStatus.UNPROCESSABLE_ENTITY).message().lines())
                .hasSize(3)
                .contains("There is no bridge br7", "Image is missing: /x");
        host.hypervisor.setBlockers();
        answer = host.post("/v1/guests?dryRun=true", new CreateRequest("f", "web1", false));
        assertThat(json(answer, HttpStatus.OK, CreateAnswer.class).guest().state())
                .isEqualTo("stopped");
        assertThat(host.hypervisor.present()).isEmpty();
        assertThat(json(host.get("/v1/guests"), HttpStatus.OK, GuestView[].class))
                .isEmpty();
    }

    @Test
    void leavesNothingOfAGuestThatCannotBeStarted() {
        host.hypervisor.refuseStart(true);
        ErrorView failed = error(create("web1"), HttpStatus.INTERNAL_SERVER_ERROR);
        assertThat(failed)
                .isEqualTo(new ErrorView(
                        "FAILED",
                        "Guest web1 could not be started: This hypervisor refuses to start guests",
                        "not started",
                        ""));
        assertThat(json(host.get("/v1/guests"), HttpStatus.OK, GuestView[].class))
                .isEmpty();

        host.hypervisor.refuseStart(false);
        host.hypervisor.refuseResume(true);
        error(create("web1"), HttpStatus.INTERNAL_SERVER_ERROR);
        assertThat(host.hypervisor.present()).isEmpty();
        assertThat(json(host.get("/v1/guests"), HttpStatus.OK, GuestView[].class))
                .isEmpty();

        host.hypervisor.refuseResume(false);
        assertThat(create("web1").status()).isEqualTo(HttpStatus.CREATED);
    }

    @Test
    void doesWhatTheGuestFileAsksForWhenAGuestEnds() {
        create("web1");
        FakeGuest first = host.hypervisor.guest("web1");
        first.end(EndReason.REBOOT);
        await().until(() -> view("web1").epoch() == 2 && view("web1").state().equals("running"));
        assertThat(host.hypervisor.guest("web1")).isNotSameAs(first);

        host.hypervisor.guest("web1").end(EndReason.POWEROFF);
        await().until(() -> host.get("/v1/guests/web1").status().equals(HttpStatus.NOT_FOUND));
        assertThat(host.hypervisor.present()).isEmpty();
    }

    @Test
    void stopsRestartingAGuestThatCrashesForEver() {
        create("web1");
        for (int epoch = 1; epoch <= 3; epoch++) {
            long next = epoch + 1L;
            host.hypervisor.guest("web1").end(EndReason.CRASH);
            await().until(() ->
                    view("web1").epoch() == next && view("web1").state().equals("running"));
        }
        host.hypervisor.guest("web1").end(EndReason.CRASH);
        await().until(() -> view("web1").state().equals("stopped"));
        assertThat(host.hypervisor.present()).isEmpty();
        assertThat(view("web1").host()).isEmpty();
        // Its operator may start it again, in an epoch of its own.
        assertThat(json(create("web1"), HttpStatus.CREATED, CreateAnswer.class)
                        .guest()
                        .epoch())
                .isEqualTo(5);
    }

    @Test
    void adoptsItsGuestsAfterARestart() throws Exception {
        create("runs");
        create("paused");
        create("interrupted");
        host.post("/v1/guests/paused/pause");
        host.stop();
        // An agent that dies in a switchover leaves a guest paused that its operator never paused.
        host.hypervisor.guest("interrupted").setState(RunState.PAUSED);
        host.hypervisor.plantLeftovers("old");
        List<FakeGuest> found = Stream.of("runs", "paused", "interrupted")
                .map(host.hypervisor::guest)
                .toList();
        found.forEach(guest -> guest.reachable.set(0));
        host.start();
        assertThat(found)
                .as("the agent before may have died before its bridge let anything through to them")
                .allMatch(guest -> guest.reachable.get() > 0);
        assertThat(view("runs").state()).isEqualTo("running");
        assertThat(view("paused").state()).isEqualTo("paused");
        assertThat(view("interrupted").state()).isEqualTo("running");
        assertThat(host.hypervisor.present()).doesNotContain("old").hasSize(3);
        assertThat(view("runs").epoch()).isEqualTo(1);
    }

    @Test
    void destroysAtStartWhatItMustNotRun() throws Exception {
        create("lost");
        create("vanished");
        host.stop();
        FakeGuest outrun =
                host.hypervisor.plant(TestHost.spec("outrun", 32, host.hypervisor.capabilities()), RunState.RUNNING);
        host.hypervisor.guest("lost").setState(RunState.INCOMING);
        host.hypervisor.guest("vanished").destroy(Duration.ofSeconds(1));
        host.start();
        assertThat(outrun.state()).isEqualTo(RunState.GONE);
        assertThat(view("lost").state()).isEqualTo("stopped");
        // Its process vanished, which is a crash, and its file says that it is to be restarted then.
        assertThat(host.hypervisor.present()).containsExactly("vanished");
        assertThat(view("vanished").state()).isEqualTo("running");
        assertThat(view("vanished").epoch()).isEqualTo(2);
        // What is left of them can be forgotten.
        assertThat(host.delete("/v1/guests/lost").status()).isEqualTo(HttpStatus.OK);
        assertThat(host.get("/v1/guests/lost").status()).isEqualTo(HttpStatus.NOT_FOUND);
    }

    @Test
    void leavesAGuestAloneThatItCannotGetHoldOf() throws Exception {
        create("web1");
        host.stop();
        host.hypervisor.refuseAdoption(true);
        host.start();
        assertThat(view("web1").state()).isEqualTo("unknown");
        assertThat(error(host.post("/v1/guests/web1/pause"), HttpStatus.CONFLICT)
                        .message())
                .contains("does not answer");
        // It may run, so nobody may start another.
        assertThat(host.hypervisor.guest("web1").state()).isEqualTo(RunState.RUNNING);
        assertThat(create("web1").status()).isEqualTo(HttpStatus.CONFLICT);
        host.stop();
        host.hypervisor.refuseAdoption(false);
        host.start();
        assertThat(view("web1")).isEqualTo(new GuestView("web1", "h1", "running", 1, 32L << 20, 1, ""));
    }

    @Test
    void refusesClearlyWithoutZooKeeperAndItsGuestsRunOn() throws Exception {
        create("web1");
        zooKeeper.stop();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> host.get("/metrics").contentUtf8().contains("godwit_agent_zookeeper_connected 0.0"));
        ErrorView refused = error(host.delete("/v1/guests/web1"), HttpStatus.SERVICE_UNAVAILABLE);
        assertThat(refused.message()).contains("ZooKeeper");
        assertThat(refused.state()).contains("running");
        assertThat(refused.hint()).isNotEmpty();
        assertThat(error(create("web2"), HttpStatus.SERVICE_UNAVAILABLE).code()).isEqualTo("UNAVAILABLE");
        assertThat(host.hypervisor.present()).containsExactly("web1");
        assertThat(host.hypervisor.guest("web1").state()).isEqualTo(RunState.RUNNING);
        // What needs no record goes on.
        assertThat(json(host.get("/v1/guests"), HttpStatus.OK, GuestView[].class))
                .hasSize(1);
        assertThat(host.post("/v1/guests/web1/pause").status()).isEqualTo(HttpStatus.OK);
        zooKeeper.restart();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> create("web2").status().equals(HttpStatus.CREATED));
    }

    @Test
    void answersEveryMistakeWithAnErrorView() {
        assertThat(error(host.get("/v1/nonsense"), HttpStatus.NOT_FOUND).code()).isEqualTo("NOT_FOUND");
        assertThat(error(host.send(HttpMethod.PUT, "/v1/hosts", ""), HttpStatus.METHOD_NOT_ALLOWED)
                        .code())
                .isEqualTo("BAD_REQUEST");
        assertThat(error(host.send(HttpMethod.POST, "/v1/guests", "{\"x\":"), HttpStatus.BAD_REQUEST)
                        .message())
                .contains("cannot be understood");
        assertThat(error(host.send(HttpMethod.POST, "/v1/guests", "{\"fileNam\":\"f\"}"), HttpStatus.BAD_REQUEST)
                        .code())
                .isEqualTo("BAD_REQUEST");
        assertThat(error(
                                host.send(HttpMethod.POST, "/v1/guests", "x".repeat((1 << 20) + 1)),
                                HttpStatus.REQUEST_ENTITY_TOO_LARGE)
                        .code())
                .isEqualTo("BAD_REQUEST");
        assertThat(error(host.get("/v1/guests/..%2Fx"), HttpStatus.BAD_REQUEST).code())
                .isEqualTo("BAD_REQUEST");
        assertThat(error(create("-bad"), HttpStatus.BAD_REQUEST).message()).startsWith("line 1:");
        assertThat(error(host.post("/v1/guests/none/pause"), HttpStatus.NOT_FOUND)
                        .code())
                .isEqualTo("NOT_FOUND");
        assertThat(error(host.delete("/v1/guests/none/migration"), HttpStatus.NOT_FOUND)
                        .code())
                .isEqualTo("NOT_FOUND");
    }

    @Test
    void showsItsMeters() {
        create("web1");
        AggregatedHttpResponse metrics = host.get("/metrics");
        assertThat(metrics.status()).isEqualTo(HttpStatus.OK);
        assertThat(metrics.contentUtf8())
                .contains("godwit_agent_guests{state=\"here\"} 1.0")
                .contains("jvm_memory_used_bytes")
                .contains("godwit_agent_zookeeper_connected 1.0");
    }

    @Test
    void keepsItsSocketToItselfAndASecondAgentAway() throws Exception {
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(host.config.api().socket())))
                .isEqualTo("rw-------");
        assertThatThrownBy(host::start).isInstanceOf(IOException.class).hasMessageContaining("Another agent");
        assertThat(host.get("/v1/hosts").status()).isEqualTo(HttpStatus.OK);
    }

    private AggregatedHttpResponse create(String text) {
        return host.post("/v1/guests", new CreateRequest("f", text, false));
    }

    private GuestView view(String guest) {
        return json(host.get("/v1/guests/" + guest), HttpStatus.OK, GuestView.class);
    }
}
