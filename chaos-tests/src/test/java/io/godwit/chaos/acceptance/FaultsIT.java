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
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// It survives. After every fault the guest runs on exactly one host, its memory and disk true, nothing of it is
/// left on the other, and the next migration works.
final class FaultsIT {
    /// How long it may take to notice that nothing comes any more.
    private static final Duration NOTICE_TIMEOUT = Duration.ofSeconds(60);

    /// Slow enough that a fault meets a round, quick enough to end.
    private static final long BYTES_PER_SECOND = 8 << 20;

    private static Lab lab;
    private static TestGuest guest;

    /// Where the guest is; the other of the first two hosts is the target.
    private int source;

    // Without a lease: agents stay dead for longer than it would let a guest run, which LeaseIT is about.
    @BeforeAll
    static void bootAGuest() {
        lab = Lab.up(LabSettings.standard("itfault").withHosts(2).withoutLease());
        guest = TestGuest.boot(
                lab, lab.guest("web1", 1, 256, new GuestWorkload(64, 8, 4, GuestWorkload.Fill.RANDOM, 20)), 1);
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

    @AfterEach
    void theNextMigrationWorks() throws IOException {
        String owner =
                lab.host(1).get("/v1/guests/" + guest.name()).path("host").asString("");
        int from = owner.equals("h1") ? 1 : 2;
        guest.assertRunsOnlyOn(from);
        guest.move(from, 3 - from);
        guest.assertRunsOnlyOn(3 - from);
        guest.assertTrue();
    }

    @Test
    void aNetworkCutInARound() {
        Underway migration = Underway.start(lab, guest, source, target(), BYTES_PER_SECOND);
        migration.awaitRounds();
        lab.network().cut(1, 2);
        try {
            assertThat(failed(migration)).isNotEmpty();
            guest.assertWorks();
        } finally {
            lab.network().heal(1, 2);
        }
        await().atMost(NOTICE_TIMEOUT)
                .until(() -> host(target()).guestProcesses().isEmpty());
        guest.assertRunsOnlyOn(source);
    }

    @Test
    void theTargetsAgentKilledInARound() {
        Underway migration = Underway.start(lab, guest, source, target(), BYTES_PER_SECOND);
        migration.awaitRounds();
        host(target()).killAgent();
        assertThat(failed(migration)).isNotEmpty();
        guest.assertWorks();
        host(target()).startAgent();
        guest.assertRunsOnlyOn(source);
    }

    @Test
    @Thorough
    void theTargetsQemuKilledInARound() {
        Underway migration = Underway.start(lab, guest, source, target(), BYTES_PER_SECOND);
        migration.awaitRounds();
        assertThat(host(target()).guestProcesses()).hasSize(1);
        host(target()).guestProcesses().forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
        assertThat(failed(migration)).isNotEmpty();
        guest.assertRunsOnlyOn(source);
    }

    @Test
    void theSourcesAgentKilledInARound() {
        Underway migration = Underway.start(lab, guest, source, target(), BYTES_PER_SECOND);
        migration.awaitRounds();
        host(source).killAgent();
        await().atMost(NOTICE_TIMEOUT)
                .until(() -> host(target()).guestProcesses().isEmpty());
        guest.assertWorks();
        host(source).startAgent();
        guest.assertRunsOnlyOn(source);
    }

    static Stream<Phase> phases() {
        Set<Phase> told = Boolean.getBoolean(Thorough.PROPERTY)
                ? EnumSet.complementOf(EnumSet.of(Phase.DONE))
                : EnumSet.of(Phase.ROUNDS, Phase.SWITCHOVER);
        return told.stream();
    }

    @ParameterizedTest
    @MethodSource("phases")
    void aCancellationInAnyPhase(Phase phase) {
        Underway migration = Underway.start(lab, guest, source, target(), 0);
        migration.awaitPhase(phase);
        migration.cancel();
        JsonNode report = migration.awaitReport(NOTICE_TIMEOUT);
        String result = report.path("result").asString("");
        // The phase may have gone by before the request came: then the guest has moved, and the report says so.
        assertThat(result).as("%s", report).isIn("CANCELLED", "COMPLETED");
        if (phase.compareTo(Phase.ROUNDS) <= 0) {
            assertThat(result).as("%s", report).isEqualTo("CANCELLED");
        }
        guest.assertRunsOnlyOn(result.equals("COMPLETED") ? target() : source);
    }

    @Test
    @Thorough
    void aQemuThatRefusesTheDeviceState() {
        host(target()).killAgent();
        FaultyAgent.launch(host(target()), FaultyAgent.Fault.DEVICE_STATE_CORRUPTED);
        host(target()).awaitAgent(NOTICE_TIMEOUT);
        try {
            Underway migration = Underway.start(lab, guest, source, target(), 0);
            assertThat(failed(migration)).isNotEmpty();
            guest.assertRunsOnlyOn(source);
        } finally {
            host(target()).killAgent();
            host(target()).startAgent();
        }
    }

    /// The reason it failed for.
    private static String failed(Underway migration) {
        JsonNode report = migration.awaitReport(NOTICE_TIMEOUT);
        assertThat(report.path("result").asString("")).as("%s", report).isEqualTo("FAILED");
        return report.path("reason").asString("");
    }

    private int target() {
        return 3 - source;
    }

    private static LabHost host(int number) {
        return lab.host(number);
    }
}
