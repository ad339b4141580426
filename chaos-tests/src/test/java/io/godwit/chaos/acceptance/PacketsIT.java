package io.godwit.chaos.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabHost;
import io.godwit.chaos.lab.LabSettings;
import io.godwit.chaos.lab.Namespace;
import io.godwit.chaos.probe.DatagramLog;
import io.godwit.chaos.probe.DatagramProbe;
import io.godwit.chaos.probe.PingLog;
import io.godwit.chaos.probe.PingProbe;
import io.godwit.chaos.probe.TaggedPingProbe;
import io.godwit.chaos.workload.GuestWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import tools.jackson.databind.JsonNode;

/// No packet is lost when a guest moves. The migrations have a network of their own, so that what is lost was
/// lost by the switchover and not by a queue they have filled.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Thorough
final class PacketsIT {
    private static final int MOVES = 5;
    /// Of about 1.3 a millisecond.
    private static final long LOST_WITHOUT_FORWARDER_MAX = 200;

    private static final Duration AGENT_TIMEOUT = Duration.ofSeconds(60);

    private static Lab lab;
    private static TestGuest guest;
    private static final List<String> seen = new ArrayList<>();

    // Without a lease: an agent is killed here, which LeaseIT is about.
    @BeforeAll
    static void bootAGuest() {
        lab = Lab.up(LabSettings.standard("itframes")
                .withHosts(2)
                .withMigrationNetwork(true)
                .withoutLease());
        guest = TestGuest.boot(
                lab, lab.guest("web1", 1, 256, new GuestWorkload(96, 8, 4, GuestWorkload.Fill.TEXT, 20)), 1);
    }

    @AfterAll
    static void takeTheLabDown() throws IOException {
        Files.write(Path.of("target/packets.txt"), seen);
        lab.close();
    }

    /// Everything that is sent to the guest while something happens to it.
    private static final class Traffic implements AutoCloseable {
        private final Namespace client = lab.network().client();
        private final DatagramProbe datagrams =
                DatagramProbe.start(client, guest.file().address());
        private final PingProbe four = PingProbe.start(client, guest.file().address());
        private final PingProbe six = PingProbe.start(client, guest.file().address6());
        private final TaggedPingProbe tagged = TaggedPingProbe.start(client, guest.file());

        Loss stop() {
            return new Loss(datagrams.stop(), four.stop(), six.stop(), tagged.stop());
        }

        @Override
        public void close() {
            datagrams.close();
            four.close();
            six.close();
            tagged.close();
        }
    }

    private record Loss(DatagramLog datagrams, PingLog four, PingLog six, DatagramLog tagged) {
        void assertNone() {
            assertThat(four.answered()).as("%s", this).isGreaterThan(100);
            assertThat(six.answered()).as("%s", this).isGreaterThan(100);
            assertThat(tagged.sent() - tagged.unanswered()).as("%s", this).isGreaterThan(100);
            assertThat(datagrams.sent()).as("%s", this).isGreaterThan(500);
            assertThat(unanswered()).as("%s", this).isZero();
        }

        long unanswered() {
            return datagrams.unanswered() + four.unanswered() + six.unanswered() + tagged.unanswered();
        }

        long duplicates() {
            return datagrams.duplicates() + four.duplicates() + six.duplicates() + tagged.duplicates();
        }
    }

    @Test
    @Order(1)
    void nothingIsLostOverFiveMoves() {
        for (int move = 0; move < MOVES; move++) {
            int source = move % 2 == 0 ? 1 : 2;
            try (Traffic traffic = new Traffic()) {
                JsonNode report = guest.move(source, 3 - source);
                guest.assertWorks();
                Loss loss = traffic.stop();
                JsonNode frames = report.path("forwardedFrames");
                seen.add("move %d: %.1f ms of downtime, forwarded %s; %s"
                        .formatted(move + 1, report.path("downtimeMs").asDouble(-1), frames, loss));
                loss.assertNone();
                assertThat(frames.path("captured").asLong(0)).as("%s", seen).isPositive();
                assertThat(frames.path("dropped").asLong(-1)).as("%s", seen).isZero();
                assertThat(report.path("warnings")).isEmpty();
                // Two frames in doubt, and what is sent to everybody around the commit.
                assertThat(loss.duplicates()).as("%s", seen).isLessThanOrEqualTo(6);
            }
        }
        guest.assertRunsOnlyOn(2);
    }

    /// Shows that the test above can fail.
    @Test
    @Order(2)
    void withoutForwardingTheSamePacketsAreLost() {
        LabHost source = lab.host(2);
        source.killAgent();
        FaultyAgent.launch(source, FaultyAgent.Fault.FRAMES_FORGOTTEN);
        source.awaitAgent(AGENT_TIMEOUT);
        try (Traffic traffic = new Traffic()) {
            guest.move(2, 1);
            guest.assertWorks();
            Loss loss = traffic.stop();
            seen.add("without forwarding: " + loss);
            assertThat(loss.unanswered()).as("%s", loss).isPositive();
        } finally {
            source.killAgent();
            source.startAgent();
        }
    }

    /// The guest goes on at its source, where its tap has kept what came meanwhile.
    @Test
    @Order(3)
    void nothingIsLostWhenTheTargetsAgentDiesBeforeTheCommit() throws IOException {
        LabHost target = lab.host(2);
        target.killAgent();
        CrashingAgent.launch(target);
        target.awaitAgent(AGENT_TIMEOUT);
        CrashingAgent.arm(target, CrashPoint.TARGET_LOADED);
        try (Traffic traffic = new Traffic()) {
            Underway migration = Underway.start(lab, guest, 1, 2, 0);
            JsonNode report = migration.awaitReport(AGENT_TIMEOUT);
            assertThat(report.path("result").asString("")).as("%s", report).isEqualTo("FAILED");
            guest.assertWorks();
            Loss loss = traffic.stop();
            seen.add("target's agent dead before the commit: " + report.path("reason") + "; " + loss);
            loss.assertNone();
            assertThat(report.path("forwardedFrames").path("captured").asLong(-1))
                    .isZero();
        } finally {
            target.startAgent();
        }
        guest.assertRunsOnlyOn(1);
    }

    /// Whoever would forward is gone: what comes to the source from then until the network has learnt the
    /// guest's new place is lost, and no more.
    @Test
    @Order(4)
    void aSourceThatDiesWhileItForwardsLosesOnlyWhatStillComesToIt() throws IOException {
        LabHost source = lab.host(1);
        source.killAgent();
        FaultyAgent.launch(source, FaultyAgent.Fault.DIES_WHILE_FORWARDING);
        source.awaitAgent(AGENT_TIMEOUT);
        try (Traffic traffic = new Traffic()) {
            Underway.start(lab, guest, 1, 2, 0);
            await().atMost(AGENT_TIMEOUT).until(() -> source.agentPid() == 0);
            guest.assertWorks();
            Loss loss = traffic.stop();
            seen.add("source's agent dead after the guest ran on the target: " + loss);
            assertThat(loss.unanswered()).as("%s", loss).isLessThan(LOST_WITHOUT_FORWARDER_MAX);
        } finally {
            source.startAgent();
        }
        guest.assertRunsOnlyOn(2);
        guest.assertTrue();
        guest.close();
    }
}
