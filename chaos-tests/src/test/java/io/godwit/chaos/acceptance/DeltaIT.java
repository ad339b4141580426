package io.godwit.chaos.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabHost;
import io.godwit.chaos.lab.LabSettings;
import io.godwit.chaos.workload.GuestWorkload;
import io.godwit.migration.MigrationProgress.Phase;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// Pages that travel as differences to what was sent of them before. Whatever fails while they do, the guest runs
/// on at its source, and the next migration begins anew: nothing it sends is a difference to what the one that
/// failed had sent, for its target is another process.
final class DeltaIT {
    private static final Duration NOTICE_TIMEOUT = Duration.ofSeconds(60);

    private static final int WORKING_SET_MIB = 16;

    /// Pages. A guest on a busy machine writes few between two looks.
    private static final long DIFFERENCES_MIN = 16;

    private static final long WIDE_BYTES_PER_SECOND = 16 << 20;

    /// Less than the differences to what the guest writes in a second, so that there are always more of them.
    private static final long NARROW_BYTES_PER_SECOND = 4 << 20;

    private static Lab lab;
    private static TestGuest guest;

    /// Where the guest is; the other host is the target.
    private int source;

    // Without a lease: agents stay dead for longer than it would let a guest run, which LeaseIT is about.
    @BeforeAll
    static void bootAGuest() {
        lab = Lab.up(LabSettings.standard("itdelta").withHosts(2).withoutLease());
        guest = TestGuest.boot(
                lab,
                lab.guest("web1", 1, 160, new GuestWorkload(24, WORKING_SET_MIB, 20, GuestWorkload.Fill.SPARSE, 20)),
                1);
    }

    @AfterAll
    static void takeTheLabDown() {
        lab.close();
    }

    @BeforeEach
    void findTheGuest() {
        source = whereItIs();
    }

    /// Round 3 is the first that can hold differences, for what round 2 sends is what they are made to. So a budget
    /// that round 2 does not meet makes sure of it; the target's memory is compared with the source's.
    @AfterEach
    void theNextMigrationSendsDifferencesAndItsMemoryIsTrue() throws IOException {
        int from = whereItIs();
        JsonNode report = guest.move(
                from, 3 - from, "--bandwidth", "12MiB/s", "--downtime-ms", "500", "--on-slow", "abort", "--verify");
        assertThat(report.path("deltaPages").asLong(0)).as("%s", report).isGreaterThan(DIFFERENCES_MIN);
        guest.assertRunsOnlyOn(3 - from);
        guest.assertTrue();
    }

    /// What fails while differences are under way.
    enum Fault {
        TARGETS_AGENT_KILLED,
        TARGETS_QEMU_KILLED,
        NETWORK_CUT
    }

    static Stream<Fault> faults() {
        return (Boolean.getBoolean(Thorough.PROPERTY)
                        ? EnumSet.allOf(Fault.class)
                        : EnumSet.of(Fault.TARGETS_AGENT_KILLED))
                .stream();
    }

    @ParameterizedTest
    @MethodSource("faults")
    void aFaultWhileDifferencesAreUnderWay(Fault fault) {
        Underway migration = sendingDifferences();
        strike(fault);
        try {
            JsonNode report = migration.awaitReport(NOTICE_TIMEOUT);
            assertThat(report.path("result").asString("")).as("%s", report).isEqualTo("FAILED");
            assertSentDifferences(report);
            guest.assertWorks();
        } finally {
            mend(fault);
        }
        await().atMost(NOTICE_TIMEOUT)
                .until(() -> host(target()).guestProcesses().isEmpty());
        guest.assertRunsOnlyOn(source);
        guest.assertMemoryTrue();
    }

    /// What was held of the pages that were sent is gone with the agent; the next one's migration holds its own.
    @Test
    @Thorough
    void theSourcesAgentKilledWhileDifferencesAreUnderWay() {
        sendingDifferences();
        host(source).killAgent();
        await().atMost(NOTICE_TIMEOUT)
                .until(() -> host(target()).guestProcesses().isEmpty());
        guest.assertWorks();
        host(source).startAgent();
        guest.assertRunsOnlyOn(source);
        guest.assertMemoryTrue();
    }

    @Test
    @Thorough
    void aCancellationWhileDifferencesAreUnderWay() {
        Underway migration = sendingDifferences();
        migration.cancel();
        JsonNode report = migration.awaitReport(NOTICE_TIMEOUT);
        assertThat(report.path("result").asString("")).as("%s", report).isEqualTo("CANCELLED");
        assertSentDifferences(report);
        guest.assertRunsOnlyOn(source);
        guest.assertMemoryTrue();
    }

    /// Returns in the middle of a round of differences. The budget is one that no switchover meets.
    private Underway sendingDifferences() {
        Underway migration = Underway.start(lab, guest, source, """
                {"targetHost":"h%d","downtimeBudgetMs":20,"bandwidthBytesPerSecond":%d,"onSlow":"abort",\
                "verify":false,"dryRun":false}""".formatted(target(), WIDE_BYTES_PER_SECOND));
        awaitRound(migration, 3, 0);
        migration.capAt(NARROW_BYTES_PER_SECOND);
        awaitRound(migration, 4, 1 << 20);
        return migration;
    }

    private static void awaitRound(Underway migration, int round, long bytesDone) {
        await("round " + round)
                .atMost(NOTICE_TIMEOUT)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> {
                    JsonNode progress = migration.progress();
                    assertThat(progress.path("phase").asString(""))
                            .isIn(Phase.PREFLIGHT.name(), Phase.PREPARE.name(), Phase.ROUNDS.name());
                    int now = progress.path("round").asInt(0);
                    boolean covered = progress.path("roundBytesDone").asLong(0) >= bytesDone;
                    return now > round || (now == round && covered);
                });
    }

    private static void assertSentDifferences(JsonNode report) {
        assertThat(report.path("deltaPages").asLong(0)).as("%s", report).isGreaterThan(DIFFERENCES_MIN);
    }

    private void strike(Fault fault) {
        switch (fault) {
            case TARGETS_AGENT_KILLED -> host(target()).killAgent();
            case TARGETS_QEMU_KILLED -> {
                assertThat(host(target()).guestProcesses()).hasSize(1);
                host(target())
                        .guestProcesses()
                        .forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
            }
            case NETWORK_CUT -> lab.network().cut(1, 2);
        }
    }

    private void mend(Fault fault) {
        switch (fault) {
            case TARGETS_AGENT_KILLED -> host(target()).startAgent();
            case TARGETS_QEMU_KILLED -> {}
            case NETWORK_CUT -> lab.network().heal(1, 2);
        }
    }

    private static int whereItIs() {
        String owner =
                lab.host(1).get("/v1/guests/" + guest.name()).path("host").asString("");
        return owner.equals("h1") ? 1 : 2;
    }

    private int target() {
        return 3 - source;
    }

    private static LabHost host(int number) {
        return lab.host(number);
    }
}
