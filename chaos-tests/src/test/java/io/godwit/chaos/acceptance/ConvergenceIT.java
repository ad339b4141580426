package io.godwit.chaos.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.chaos.lab.Command;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabHost;
import io.godwit.chaos.lab.LabSettings;
import io.godwit.chaos.workload.GuestWorkload;
import io.godwit.migration.MigrationProgress.Phase;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A guest that writes faster than its migration may send. Something gives way, which one is said, and it is
/// given back on every way out.
@Thorough
final class ConvergenceIT {
    private static final Duration LONG = Duration.ofMinutes(2);

    /// Less than the guest writes. Its working set takes 3 s at that.
    private static final long BYTES_PER_SECOND = 8 << 20;

    /// Much less than its working set takes at any cap that is used here.
    private static final long BUDGET_MS = 300;

    private static Lab lab;
    private static TestGuest guest;

    /// Where the guest is; the other host is the target.
    private int source;

    @BeforeAll
    static void bootAGuest() {
        lab = Lab.up(LabSettings.standard("itslow").withHosts(2).withoutLease());
        guest = TestGuest.boot(
                lab, lab.guest("web1", 1, 160, new GuestWorkload(32, 24, 24, GuestWorkload.Fill.RANDOM, 20)), 1);
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
    void throttleSlowsTheGuestUntilItsBudgetCanBeMet() throws IOException {
        JsonNode report = guest.move(
                source, target(), "--bandwidth", "12MiB/s", "--on-slow", "throttle", "--downtime-ms", "1500");
        JsonNode slowness = report.path("slowness");
        assertThat(slowness.path("throttlePercentTop").asInt(0))
                .as("%s", report)
                .isBetween(20, 80);
        assertThat(slowness.path("throttledMs").asInt(0)).isPositive();
        assertThat(slowness.path("budgetMs").asInt(0)).isEqualTo(1500);
        assertThat(HeldBack.groups(qemu(target()))).isEmpty();
        guest.assertRunsOnlyOn(target());
        guest.assertTrue();
    }

    @Test
    void stretchTellsToWhatTheBudgetGrew() throws IOException {
        JsonNode report = guest.move(
                source,
                target(),
                "--bandwidth",
                "8MiB/s",
                "--downtime-ms",
                "300",
                "--on-slow",
                "stretch",
                "--downtime-max-ms",
                "20000");
        assertThat(report.path("downtimeBudgetMs").asInt(0)).isEqualTo(300);
        assertThat(report.path("slowness").path("budgetMs").asInt(0))
                .as("%s", report)
                .isBetween(301, 20_000);
        assertThat(report.path("slowness").path("throttlePercentTop").asInt(-1)).isZero();
        guest.assertRunsOnlyOn(target());
        guest.assertTrue();
    }

    @Test
    void aTargetThatDiesInASilenceThatWasStretchedLeavesTheGuestAndTheNextBudgetAsTheyWere() throws IOException {
        Underway migration = stretchedMigration();
        host(target()).killAgent();
        try {
            assertEndedStretched(migration.awaitReport(LONG), "FAILED");
        } finally {
            host(target()).startAgent();
        }
        assertTheNextOneBeginsWithTheBudgetThatWasAskedFor();
    }

    @Test
    void aNetworkThatIsCutInASilenceThatWasStretchedLeavesTheGuestAndTheNextBudgetAsTheyWere() throws IOException {
        Underway migration = stretchedMigration();
        lab.network().cut(1, 2);
        try {
            assertEndedStretched(migration.awaitReport(LONG), "FAILED");
        } finally {
            lab.network().heal(1, 2);
        }
        await().atMost(LONG).until(() -> host(target()).guestProcesses().isEmpty());
        assertTheNextOneBeginsWithTheBudgetThatWasAskedFor();
    }

    @Test
    void aCancellationInASilenceThatWasStretchedLeavesTheGuestAndTheNextBudgetAsTheyWere() throws IOException {
        Underway migration = stretchedMigration();
        migration.cancel();
        assertEndedStretched(migration.awaitReport(LONG), "CANCELLED");
        assertTheNextOneBeginsWithTheBudgetThatWasAskedFor();
    }

    @Test
    void abortEndsWithTheFigures() {
        Command.Result result =
                guest.migrate(source, target(), "--bandwidth", "8MiB/s", "--downtime-ms", "100", "--on-slow", "abort");
        assertThat(result.exitCode()).isEqualTo(1);
        JsonNode report = JsonMapper.shared().readTree(result.stdout());
        assertThat(report.path("reason").asString(""))
                .containsPattern("the guest writes [0-9.]+ MiB/s, the network carries [0-9.]+ MiB/s")
                .contains("--on-slow");
        guest.assertRunsOnlyOn(source);
    }

    @Test
    void aGuestWhoseMigrationIsCancelledWhileItIsSlowedIsLetGo() {
        Underway migration = slowedMigration();
        migration.cancel();
        JsonNode report = migration.awaitReport(LONG);
        assertThat(report.path("result").asString("")).isEqualTo("CANCELLED");
        assertThat(HeldBack.isHeldBack(qemu(source))).isFalse();
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(HeldBack.groups(qemu(source))).isEmpty());
        assertThat(report.path("slowness").path("throttlePercentTop").asInt(0)).isGreaterThanOrEqualTo(20);
        guest.assertRunsOnlyOn(source);
    }

    @Test
    void aGuestWhoseTargetDiesWhileItIsSlowedIsLetGo() {
        Underway migration = slowedMigration();
        host(target()).killAgent();
        try {
            assertThat(migration.awaitReport(LONG).path("result").asString("")).isEqualTo("FAILED");
            assertThat(HeldBack.isHeldBack(qemu(source))).isFalse();
            guest.assertWorks();
        } finally {
            host(target()).startAgent();
        }
        guest.assertRunsOnlyOn(source);
    }

    @Test
    void aGuestWhoseAgentDiesWhileItIsSlowedIsLetGoByTheNextOne() throws IOException {
        slowedMigration();
        long qemu = qemu(source);
        host(source).killAgent();
        assertThat(HeldBack.isHeldBack(qemu)).as("slowed without an agent").isTrue();
        host(source).startAgent();
        assertThat(HeldBack.groups(qemu)).isEmpty();
        await().atMost(LONG).until(() -> host(target()).guestProcesses().isEmpty());
        guest.assertRunsOnlyOn(source);
        guest.assertTrue();
    }

    @Test
    void theCapCanBeChangedWhileItGoesOn() {
        Underway migration = Underway.start(lab, guest, source, target(), 64 << 10);
        migration.awaitRounds();
        Command.Result changed =
                lab.host(target()).cli("migrate", "--set", guest.name(), "bandwidth=unlimited", "downtime=5000");
        assertThat(changed.exitCode()).as(changed.stderr()).isZero();
        JsonNode report = migration.awaitReport(LONG);
        assertThat(report.path("result").asString("")).as("%s", report).isEqualTo("COMPLETED");
        assertThat(report.path("downtimeBudgetMs").asInt(0)).isEqualTo(5_000);
        guest.assertRunsOnlyOn(target());
    }

    /// A migration that slows the guest already, and whose budget it cannot meet by that.
    private Underway slowedMigration() {
        Underway migration = Underway.start(lab, guest, source, """
                {"targetHost":"h%d","downtimeBudgetMs":20,"bandwidthBytesPerSecond":%d,"onSlow":"throttle",\
                "verify":false,"dryRun":false}""".formatted(target(), BYTES_PER_SECOND));
        await("throttle")
                .atMost(LONG)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> migration
                                .progress()
                                .path("slowness")
                                .path("throttlePercent")
                                .asInt(0)
                        > 0);
        assertThat(HeldBack.isHeldBack(qemu(source))).as("slowed by the kernel").isTrue();
        return migration;
    }

    /// A migration whose budget has grown, and which has paused the guest for about as long.
    private Underway stretchedMigration() {
        Underway migration = Underway.start(lab, guest, source, stretching());
        await("budget that has grown, and the silence it was for")
                .atMost(LONG)
                .pollInterval(Duration.ofMillis(5))
                .until(() ->
                        migration.progress().path("slowness").path("budgetMs").asLong(0) > BUDGET_MS
                                && migration
                                        .progress()
                                        .path("phase")
                                        .asString("")
                                        .equals(Phase.SWITCHOVER.name()));
        return migration;
    }

    private void assertEndedStretched(JsonNode report, String result) {
        assertThat(report.path("result").asString("")).as("%s", report).isEqualTo(result);
        assertThat(report.path("reason").asString("")).contains("ms of pause");
        assertThat(report.path("downtimeBudgetMs").asLong(0)).isEqualTo(BUDGET_MS);
        assertThat(report.path("slowness").path("budgetMs").asLong(0))
                .as("%s", report)
                .isGreaterThan(BUDGET_MS);
        guest.assertWorks();
    }

    /// And ends with that, because the cap is lifted.
    private void assertTheNextOneBeginsWithTheBudgetThatWasAskedFor() throws IOException {
        guest.assertRunsOnlyOn(source);
        guest.assertMemoryTrue();
        Underway next = Underway.start(lab, guest, source, stretching());
        next.awaitRounds();
        assertThat(next.progress().path("slowness").path("budgetMs").asLong(0)).isEqualTo(BUDGET_MS);
        next.capAt(0);
        JsonNode report = next.awaitReport(LONG);
        assertThat(report.path("result").asString("")).as("%s", report).isEqualTo("COMPLETED");
        assertThat(report.path("downtimeBudgetMs").asLong(0)).isEqualTo(BUDGET_MS);
        guest.assertRunsOnlyOn(target());
        guest.assertTrue();
    }

    private String stretching() {
        return """
                {"targetHost":"h%d","downtimeBudgetMs":%d,"bandwidthBytesPerSecond":%d,\
                "onSlow":"stretch","downtimeMaxMs":20000,\
                "verify":false,"dryRun":false}""".formatted(target(), BUDGET_MS, BYTES_PER_SECOND);
    }

    private static long qemu(int host) {
        return host(host).guestProcesses().getFirst();
    }

    private int target() {
        return 3 - source;
    }

    private static LabHost host(int number) {
        return lab.host(number);
    }
}
