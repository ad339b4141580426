package io.godwit.chaos.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.chaos.acceptance.CrashPoint.Side;
import io.godwit.chaos.checker.RunningCopies;
import io.godwit.chaos.lab.Command;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabHost;
import io.godwit.chaos.lab.LabSettings;
import io.godwit.chaos.workload.GuestWorkload;
import java.io.IOException;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// An agent that dies anywhere in a switchover, as if killed. Never do two copies run; and once it is back the guest
/// runs on exactly one host, the one the record names, with its memory and disk true.
final class CrashPointsIT {
    private static final Duration CRASH_TIMEOUT = Duration.ofSeconds(40);
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    /// A peer that is gone is noticed within seconds; the record and the resumption take no time to speak of.
    private static final Duration SETTLE_TIMEOUT = Duration.ofSeconds(20);

    private static Lab lab;
    private static TestGuest guest;

    private int source;

    // Without a lease: agents stay dead for longer than it would let a guest run, which LeaseIT is about.
    @BeforeAll
    static void bootAGuest() {
        lab = Lab.up(LabSettings.standard("itcrash").withHosts(2).withoutLease());
        for (LabHost host : lab.hosts()) {
            host.killAgent();
            CrashingAgent.launch(host);
        }
        lab.hosts().forEach(host -> host.awaitAgent(START_TIMEOUT));
        guest = TestGuest.boot(
                lab, lab.guest("web1", 1, 128, new GuestWorkload(32, 4, 2, GuestWorkload.Fill.RANDOM, 20)), 1);
    }

    @AfterAll
    static void takeTheLabDown() {
        lab.close();
    }

    @BeforeEach
    void findTheGuest() {
        source = owner();
    }

    @AfterEach
    void disarm() throws IOException {
        for (LabHost host : lab.hosts()) {
            CrashingAgent.disarm(host);
        }
    }

    /// A target that has everything, a target that has committed; all of them, which takes three minutes
    /// more, if asked to be thorough.
    static Stream<CrashPoint> points() {
        return Boolean.getBoolean(Thorough.PROPERTY)
                ? Stream.of(CrashPoint.values())
                : Stream.of(CrashPoint.TARGET_LOADED, CrashPoint.TARGET_COMMITTED);
    }

    @ParameterizedTest
    @MethodSource("points")
    void anAgentThatDies(CrashPoint point) throws IOException {
        LabHost dying = dieAt(point);
        assertThat(RunningCopies.of(lab, guest.name()))
                .as("while %s is down", dying.name())
                .hasSizeLessThanOrEqualTo(1);
        startAgent(dying);
        int owner = awaitState("running");
        switch (point.owner) {
            case SOURCE -> assertThat(owner).isEqualTo(source);
            case TARGET -> assertThat(owner).isEqualTo(target());
            case EITHER -> assertThat(owner).isIn(source, target());
        }
        guest.assertRunsOnlyOn(owner);
        guest.assertTrue();
    }

    @Test
    void aPausedGuestStaysPausedThoughItsTargetsAgentDiesBeforeItHasNotedSo() throws IOException {
        lab.host(source).request("POST", "/v1/guests/" + guest.name() + "/pause", "");
        LabHost dying = dieAt(CrashPoint.TARGET_COMMITTED);
        startAgent(dying);
        assertThat(awaitState("paused")).isEqualTo(target());
        assertThat(RunningCopies.of(lab, guest.name())).isEmpty();
        lab.host(target()).request("POST", "/v1/guests/" + guest.name() + "/resume", "");
        guest.assertRunsOnlyOn(target());
        guest.assertTrue();
    }

    @Test
    @Thorough
    void recoveryNamesTheSourceThatIsDownAndFindsNothingLeftToDoOnceItIsBack() throws IOException {
        LabHost dying = dieAt(CrashPoint.SOURCE_PAUSED);
        await().atMost(SETTLE_TIMEOUT)
                .until(() -> lab.host(target()).guestProcesses().isEmpty());
        Command.Result partial = lab.host(target()).cli("recover", guest.name(), "--json");
        assertThat(partial.exitCode())
                .as("%s%s", partial.stdout(), partial.stderr())
                .isEqualTo(1);
        JsonNode view = JsonMapper.shared().readTree(partial.stdout());
        assertThat(view.path("record").path("state").asString("")).isEqualTo("handover");
        assertThat(partial.stdout()).contains("Only this host can take the guest back");
        startAgent(dying);
        Command.Result whole = lab.host(target()).cli("recover", guest.name());
        assertThat(whole.exitCode()).as("%s%s", whole.stdout(), whole.stderr()).isZero();
        assertThat(whole.stdout()).contains("is recorded as running on h" + source);
        guest.assertRunsOnlyOn(source);
        guest.assertTrue();
    }

    /// Begins a migration and waits for the death of the agent in question.
    private LabHost dieAt(CrashPoint point) throws IOException {
        LabHost dying = lab.host(point.side == Side.SOURCE ? source : target());
        CrashingAgent.arm(dying, point);
        Underway.start(lab, guest, source, target(), 0);
        await("death of the agent of " + dying.name() + " at " + point)
                .atMost(CRASH_TIMEOUT)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> !dying.agentAlive());
        return dying;
    }

    private static void startAgent(LabHost host) {
        CrashingAgent.launch(host);
        host.awaitAgent(START_TIMEOUT);
    }

    /// Waits until the guest is in the state its owner should have it in, and says who that is.
    private int awaitState(String state) {
        await(guest.name() + " to be " + state)
                .atMost(SETTLE_TIMEOUT)
                .until(() -> view().path("state").asString("").equals(state)
                        && view().path("migratingTo").asString("").isEmpty());
        return owner();
    }

    private static int owner() {
        return view().path("host").asString("").equals("h1") ? 1 : 2;
    }

    private static JsonNode view() {
        return lab.host(1).get("/v1/guests/" + guest.name());
    }

    private int target() {
        return 3 - source;
    }
}
