package io.godwit.chaos.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.chaos.checker.RunningCopies;
import io.godwit.chaos.lab.Command;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabHost;
import io.godwit.chaos.lab.LabSettings;
import io.godwit.chaos.workload.GuestWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// A host that has lost its agent or ZooKeeper stops its guests in time, in the kernel's own words, and lets them go
/// on only if they are still its own.
final class LeaseIT {
    /// Session timeout 6 s, safety a quarter, 300 ms for the guard, a thousandth for clocks.
    private static final long PAUSED_BY_MS = 4_805;
    /// Longer than by default, so that there is time to mend what was broken.
    private static final int KILL_AFTER_MS = 6_000;
    private static final long KILLED_BY_MS = 10_811;
    /// What this machine, shared with other tests, may take to tell us.
    private static final long LOOK_MS = 700;

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration OFTEN = Duration.ofMillis(10);

    private static Lab lab;
    private static TestGuest guest;

    @BeforeAll
    static void bootAGuest() {
        lab = Lab.up(LabSettings.standard("itlease").withHosts(2).withLeaseKillAfterMs(KILL_AFTER_MS));
        lab.hosts().forEach(host -> awaitLease(host, true));
        guest = boot("web1", 1);
    }

    @AfterAll
    static void takeTheLabDown() {
        guest.close();
        lab.close();
    }

    @Test
    void aFrozenAgentsGuestIsPausedAndGoesOnOnceTheAgentDoes() throws IOException {
        ProcessWatch process = process(lab.host(1));
        ProcessWatch agent = agent(lab.host(1));
        long frozenNs = System.nanoTime();
        agent.freeze();
        try {
            awaitPaused(process, frozenNs);
        } finally {
            agent.thaw();
        }
        await("the guest to go on").atMost(PATIENCE).pollInterval(OFTEN).until(() -> !process.stopped());
        guest.assertRunsOnlyOn(1);
        guest.assertTrue();
    }

    @Test
    void aGuestThatWasTakenOverIsNeverResumedAndIsKilledInTime() throws Exception {
        try (TestGuest taken = boot("mail1", 2)) {
            LabHost first = lab.host(2);
            ProcessWatch process = process(first);
            ProcessWatch agent = agent(first);
            // Stands for the takeover: it waits for the end of the session and takes the record for the other host.
            Process thief = OwnerThief.launch(lab, taken.name(), first.name(), "h1");
            long frozenNs = System.nanoTime();
            agent.freeze();
            try {
                awaitPaused(process, frozenNs);
                assertThat(thief.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                        .isTrue();
                assertThat(thief.exitValue()).as("%s", OwnerThief.log(lab)).isZero();
                assertThat(process.stopped())
                        .as("paused before its session was gone")
                        .isTrue();
            } finally {
                agent.thaw();
                thief.destroyForcibly();
            }
            long ticks = process.ticks();
            await("the end of the copy").atMost(PATIENCE).pollInterval(OFTEN).until(() -> {
                long now = process.ticks();
                boolean gone = process.gone();
                // The kernel divides a dying process's own last moments between both kinds of time.
                assertThat(gone ? ticks : now)
                        .as("time that a copy which was outrun has executed; %s", guardLog(first))
                        .isBetween(ticks, ticks + 1);
                return gone;
            });
            assertThat(msSince(frozenNs)).isLessThan(KILLED_BY_MS + LOOK_MS);
            // Where the record says that it runs nothing does: there it is recorded as stopped.
            await().atMost(PATIENCE)
                    .until(() -> lab.host(1).cli("recover", taken.name()).succeeded());
        }
    }

    @Test
    void aHostThatIsCutOffFromZooKeeperPausesItsGuestUntilItIsBack() throws IOException {
        ProcessWatch process = process(lab.host(1));
        long cutNs = System.nanoTime();
        lab.network().cutFromZooKeeper(1);
        try {
            awaitPaused(process, cutNs);
            assertThat(RunningCopies.of(lab, guest.name())).isEmpty();
        } finally {
            lab.network().healToZooKeeper(1);
        }
        await("the guest to go on").atMost(PATIENCE).pollInterval(OFTEN).until(() -> !process.stopped());
        assertThat(process.gone()).isFalse();
        guest.assertRunsOnlyOn(1);
        guest.assertTrue();
        awaitLease(lab.host(1), true);
    }

    @Test
    @Thorough
    void whileFailoverIsOffAGuestRunsOnWithoutZooKeeper() throws IOException {
        ProcessWatch process = process(lab.host(1));
        Command.Result off = lab.host(2).cli("failover", "off", "--timeout", "20");
        assertThat(off.exitCode()).as("%s%s", off.stdout(), off.stderr()).isZero();
        assertThat(off.stderr()).contains("h1: its guests run on").contains("h2: its guests run on");
        assertThat(lab.host(2).cli("hosts").stdout()).contains("not enforced").contains("Failover is off");
        lab.network().cutFromZooKeeper(1);
        try {
            long cutNs = System.nanoTime();
            await().atMost(PATIENCE).pollInterval(OFTEN).until(() -> {
                assertThat(process.state()).as("of a guest that is to run on").isIn('R', 'S', 'D');
                return msSince(cutNs) > PAUSED_BY_MS + 2_000;
            });
            assertThat(RunningCopies.of(lab, guest.name())).containsExactly("h1");
        } finally {
            lab.network().healToZooKeeper(1);
        }
        lab.host(2).cli("failover", "on").orThrow();
        awaitLease(lab.host(1), true);
        guest.assertRunsOnlyOn(1);
        guest.assertTrue();
    }

    @Test
    @Thorough
    void anAgentThatStopsInOrderLetsItsGuestRunOn() throws IOException {
        LabHost host = lab.host(1);
        ProcessWatch process = process(host);
        agent(host).terminate();
        await().atMost(PATIENCE).until(() -> !host.agentAlive());
        long downNs = System.nanoTime();
        assertThat(lease("h1")).isZero();
        await().atMost(PATIENCE).pollInterval(OFTEN).until(() -> {
            assertThat(process.state()).as("of a guest that is to run on").isIn('R', 'S', 'D');
            return msSince(downNs) > PAUSED_BY_MS + 1_000;
        });
        host.startAgent();
        awaitLease(host, true);
        guest.assertRunsOnlyOn(1);
        guest.assertTrue();
    }

    private static TestGuest boot(String name, int host) {
        return TestGuest.boot(
                lab, lab.guest(name, host, 128, new GuestWorkload(32, 4, 2, GuestWorkload.Fill.RANDOM, 20)), host);
    }

    /// The last renewal came before what was broken, so the whole promise counts from there.
    private static void awaitPaused(ProcessWatch process, long sinceNs) {
        await("the guest to be paused").atMost(PATIENCE).pollInterval(OFTEN).until(process::stopped);
        long afterMs = msSince(sinceNs);
        System.out.printf("paused %d ms after the fault, promised by %d ms%n", afterMs, PAUSED_BY_MS);
        assertThat(afterMs).isLessThan(PAUSED_BY_MS + LOOK_MS);
    }

    private static void awaitLease(LabHost host, boolean enforced) {
        await("the lease of " + host.name()).atMost(PATIENCE).until(() -> lease(host.name()) > 0 == enforced);
    }

    /// What the record of a host says, as the other host's agent or its own reads it.
    private static long lease(String host) {
        LabHost asked = lab.hosts().stream()
                .filter(LabHost::agentAnswers)
                .findFirst()
                .orElseThrow(() -> new AssertionError("No agent answers"));
        for (JsonNode view : asked.get("/v1/failover").path("hosts")) {
            if (view.path("host").asString("").equals(host)) {
                return view.path("leaseTakeoverWaitMs").asLong(-1);
            }
        }
        return -1;
    }

    private static ProcessWatch process(LabHost host) {
        assertThat(host.guestProcesses()).hasSize(1);
        return new ProcessWatch(host.guestProcesses().getFirst());
    }

    private static ProcessWatch agent(LabHost host) {
        assertThat(host.agentPid()).isPositive();
        return new ProcessWatch(host.agentPid());
    }

    private static String guardLog(LabHost host) {
        try {
            return Files.readString(host.runDirectory().resolve("guard/guard.log"));
        } catch (IOException e) {
            return "the guard's log cannot be read: " + e.getMessage();
        }
    }

    private static long msSince(long ns) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - ns);
    }
}
