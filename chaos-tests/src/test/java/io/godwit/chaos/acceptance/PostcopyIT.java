package io.godwit.chaos.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.chaos.lab.GuestFile;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabHost;
import io.godwit.chaos.lab.LabSettings;
import io.godwit.chaos.probe.PingLog;
import io.godwit.chaos.probe.PingProbe;
import io.godwit.chaos.workload.GuestWorkload;
import io.godwit.migration.MigrationProgress.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// A guest that writes more than its link carries moves with pages missing, and whatever fails while they are:
/// it goes on in the end, on its target alone, its memory and disk true; or it is lost, and then it runs nowhere.
final class PostcopyIT {
    private static final Duration ARRIVAL_TIMEOUT = Duration.ofMinutes(2);

    /// What the guest writes again and again takes this link four seconds: much more than the downtime budget,
    /// and time enough for faults.
    private static final long BYTES_PER_SECOND = 8 << 20;

    private static final GuestWorkload WRITES = new GuestWorkload(48, 32, 24, GuestWorkload.Fill.RANDOM, 20);

    private static Lab lab;
    private static TestGuest guest;

    /// Where the guest is; the other host is the target.
    private int source;

    // Without a lease: agents stay dead for longer than it would let a guest run, which LeaseIT is about.
    @BeforeAll
    static void bootAGuest() {
        lab = Lab.up(LabSettings.standard("itlate").withHosts(2).withoutLease());
        guest = TestGuest.boot(lab, lab.guest("web1", 1, 160, WRITES), 1);
    }

    @AfterAll
    static void takeTheLabDown() {
        lab.close();
    }

    @BeforeEach
    void findTheGuest() {
        String owner =
                lab.host(1).get("/v1/guests/" + guest.name()).path("host").asString("");
        source = owner.equals("h1") ? 1 : 2;
    }

    @Test
    void aGuestThatWritesTooMuchRunsOnWithItsMemoryComingBehindIt() throws IOException {
        PingProbe pings = PingProbe.start(lab.network().client(), guest.file().address());
        JsonNode report =
                guest.move(source, target(), "--bandwidth", "8MiB/s", "--downtime-ms", "500", "--on-slow", "post-copy");
        PingLog log = pings.stop();
        JsonNode late = report.path("latePages");
        System.out.printf(
                "%nPost-copy: downtime %.1f ms, %.1f ms of silence, %d of %d pings lost; %s%n",
                report.path("downtimeMs").asDouble(0), log.longestSilenceMs(), log.lost(), log.sent(), late);
        assertThat(late.path("pages").asLong(0)).as("%s", report).isGreaterThan(1_000);
        assertThat(late.path("faulted").asLong(0)).isPositive();
        assertThat(late.path("dependedMs").asDouble(0)).isGreaterThan(500);
        assertThat(report.path("rounds").size()).as("%s", report).isLessThanOrEqualTo(3);
        assertThat(report.path("slowness").path("budgetMs").asLong(0)).isEqualTo(500);
        assertArrived();
        // And memory that came late can be sent on like any other.
        guest.move(target(), source);
        guest.assertTrue();
    }

    @Test
    @Thorough
    void aNetworkThatIsCutWhilePagesAreMissingAndComesBack() throws IOException {
        Underway migration = leave(guest);
        lab.network().cut(1, 2);
        try {
            await("connections that are noticed to be lost")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> host(target()).agentLog().contains("the connection is lost"));
            await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
            assertThat(host(source).guestProcesses()).as("kept for its pages").hasSize(1);
        } finally {
            lab.network().heal(1, 2);
        }
        JsonNode report = migration.awaitReport(ARRIVAL_TIMEOUT);
        assertThat(report.path("result").asString("")).as("%s", report).isEqualTo("COMPLETED");
        assertThat(report.path("latePages").path("dependedMs").asDouble(0)).isGreaterThan(2_000);
        assertArrived();
    }

    @Test
    @Thorough
    void theSourcesAgentKilledWhilePagesAreMissing() throws IOException {
        leave(guest);
        host(source).killAgent();
        assertThat(host(source).guestProcesses()).as("kept for its pages").hasSize(1);
        host(source).startAgent();
        assertThat(host(source).agentLog()).contains("misses pages that are here: serving them");
        assertArrived();
    }

    @Test
    @Thorough
    void theTargetsAgentKilledWhilePagesAreMissing() throws IOException {
        leave(guest);
        host(target()).killAgent();
        host(target()).startAgent();
        assertThat(host(target()).agentLog()).contains("waiting for that host");
        assertArrived();
    }

    /// The guest's own host is well. It must not run on all the same: what it misses is gone.
    @Test
    @Thorough
    void theSourceLosesItsPowerWhilePagesAreMissing() throws IOException {
        // The other guest stays out of this: the host that goes is not its own.
        int victim = target();
        int survivor = source;
        host(survivor).configure("  port: 7071", "  port: 7071\n  latePagesTimeoutMs: 4000");
        host(survivor).killAgent();
        host(survivor).startAgent();
        GuestFile file = lab.guest("lost", 2, 160, WRITES).withExtraLines("on_crash = \"preserve\"");
        TestGuest lost = TestGuest.boot(lab, file, victim);
        Underway.start(lab, lost, victim, request(survivor)).awaitPhase(Phase.LATE_PAGES);
        host(victim).losePower();
        try {
            await("end of the guest")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> state(survivor, "lost").equals("stopped"));
            assertThat(host(survivor).guestProcesses()).hasSize(1);
            assertThat(Files.readString(host(survivor).agentLogFile()))
                    .contains("Guest lost is lost, and what is here of it ends: h" + victim)
                    .contains("could not be reached for 4 s");
            guest.assertWorks();
        } finally {
            host(victim).regainPower();
            host(victim).startAgent();
        }
        lost.close();
        guest.assertRunsOnlyOn(survivor);
        guest.assertTrue();
    }

    private static String state(int host, String guest) {
        return host(host).get("/v1/guests/" + guest).path("state").asString("");
    }

    /// Everything came: the source has let go of what it kept, and the guest finds what it wrote.
    private void assertArrived() throws IOException {
        await("pages of " + guest.name())
                .atMost(ARRIVAL_TIMEOUT)
                .until(() -> host(source).guestProcesses().isEmpty());
        guest.assertRunsOnlyOn(target());
        guest.assertTrue();
    }

    /// Returns when the guest is its target's and misses pages.
    private Underway leave(TestGuest leaving) {
        Underway migration = Underway.start(lab, leaving, source, request(target()));
        migration.awaitPhase(Phase.LATE_PAGES);
        return migration;
    }

    private static String request(int to) {
        return """
                {"targetHost":"h%d","downtimeBudgetMs":500,"bandwidthBytesPerSecond":%d,"onSlow":"post-copy",\
                "verify":false,"dryRun":false}""".formatted(to, BYTES_PER_SECOND);
    }

    private int target() {
        return 3 - source;
    }

    private static LabHost host(int number) {
        return lab.host(number);
    }
}
