package io.godwit.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.migration.MigrationProgress.Phase;
import io.godwit.migration.MigrationReport.Result;
import io.godwit.shim.RunState;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Guests that write faster than their budget allows: what gives way, and that it is given back on every way
/// out.
@Timeout(90)
class SlowGuestTest {
    private static final long PAGES = 16 << 8;
    private static final Duration LONG = Duration.ofSeconds(20);

    /// Far more than any cap of these tests carries, also on a machine that gives its thread little time.
    private static void writesFast(TwoHosts hosts) {
        hosts.sourceGuest.compressible = false;
        hosts.fillSource();
        hosts.sourceGuest.writesPerMs = 128;
    }

    private static WhenSlow answer(OnSlow answer) {
        return WhenSlow.DEFAULT.withAnswer(answer);
    }

    @Test
    void aThrottledGuestMeetsItsBudgetAndStandsStillAtFullSpeed() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            writesFast(hosts);
            hosts.sourceGuest.calmsAtPercent = 50;
            MigrationReport report = hosts.migrate(
                    policy -> policy.withBandwidth(16 << 20).withBudgetMs(150).withWhenSlow(answer(OnSlow.THROTTLE)));
            assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
            assertThat(report.slowness().answer()).isEqualTo(OnSlow.THROTTLE);
            assertThat(report.slowness().throttlePercentTop())
                    .isBetween(50, 80)
                    .isEqualTo(hosts.sourceGuest.throttlePercentTop);
            assertThat(report.slowness().throttlePercent()).isZero();
            assertThat(report.slowness().throttledMs()).isPositive();
            assertThat(report.slowness().budgetMs()).isEqualTo(150);
            assertThat(hosts.sourceGuest.throttleAtPause)
                    .as("throttle at the pause")
                    .isZero();
        }
    }

    /// In its rounds, while slowed; the guest is let go before anybody waits for anything.
    @ParameterizedTest
    @ValueSource(strings = {"cancel", "cut"})
    void aMigrationThatEndsWhileTheGuestIsSlowedLetsItGo(String fault) throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES);
                FaultProxy proxy = new FaultProxy(hosts.listen)) {
            hosts.reachedAt = proxy.address();
            writesFast(hosts);
            Migration migration = hosts.start(policy -> policy.withBandwidth(16 << 20)
                    .withBudgetMs(20)
                    .withRounds(1000)
                    .withWhenSlow(answer(OnSlow.THROTTLE)));
            await().atMost(LONG).until(() -> migration.progress().slowness().throttlePercent() >= 20);
            assertThat(hosts.sourceGuest.throttlePercent).isPositive();
            if (fault.equals("cancel")) {
                migration.cancel("The operator asked for it");
            } else {
                proxy.cut();
            }
            MigrationReport report = migration.report().get(20, TimeUnit.SECONDS);
            assertThat(report.result()).isNotEqualTo(Result.COMPLETED);
            assertThat(hosts.sourceGuest.throttlePercent).isZero();
            assertThat(hosts.sourceGuest.state()).isEqualTo(RunState.RUNNING);
            assertThat(report.slowness().throttlePercentTop()).isGreaterThanOrEqualTo(20);
            assertThat(report.slowness().throttlePercent()).isZero();
        }
    }

    @Test
    void whileTheRecordIsAskedTheGuestIsNotSlowedAnyMore() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            writesFast(hosts);
            hosts.sourceGuest.calmsAtPercent = 50;
            hosts.record.holdHandover = new CountDownLatch(1);
            Migration migration = hosts.start(
                    policy -> policy.withBandwidth(16 << 20).withBudgetMs(150).withWhenSlow(answer(OnSlow.THROTTLE)));
            await().atMost(LONG).until(() -> hosts.record.calls().contains("beginHandover host-a"));
            assertThat(migration.progress().slowness().throttlePercent()).isPositive();
            migration.cancel("The operator asked for it");
            migration.report().get(20, TimeUnit.SECONDS);
            assertThat(hosts.sourceGuest.throttlePercent).isZero();
        }
    }

    @Test
    void aGuestThatCannotBeSlowedIsLeftAloneWithTheReason() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            writesFast(hosts);
            hosts.sourceGuest.throttleFailure = "No control groups are mounted";
            MigrationReport report = hosts.migrate(
                    policy -> policy.withBandwidth(16 << 20).withBudgetMs(20).withWhenSlow(answer(OnSlow.THROTTLE)));
            assertThat(report.result()).isEqualTo(Result.FAILED);
            assertThat(report.reason())
                    .contains("No control groups are mounted")
                    .contains("--on-slow");
            assertThat(hosts.sourceGuest.state()).isEqualTo(RunState.RUNNING);
            assertThat(hosts.sourceGuest.throttlePercent).isZero();
        }
    }

    @Test
    void stretchSaysToWhatTheBudgetGrew() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            writesFast(hosts);
            hosts.sourceGuest.workingSetPages = 2_048;
            MigrationReport report = hosts.migrate(policy -> policy.withBandwidth(16 << 20)
                    .withBudgetMs(100)
                    .withWhenSlow(answer(OnSlow.STRETCH).withDowntimeMaxMs(5_000)));
            assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
            assertThat(report.downtimeBudgetMs()).isEqualTo(100);
            assertThat(report.slowness().answer()).isEqualTo(OnSlow.STRETCH);
            // 8 MiB at 16 MiB/s.
            assertThat(report.slowness().budgetMs()).isBetween(300L, 5_000L);
            assertThat(report.slowness().throttlePercentTop()).isZero();
            assertThat(hosts.sourceGuest.throttlePercentTop).isZero();
        }
    }

    @Test
    void stretchNeverGoesBeyondItsMaximum() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            writesFast(hosts);
            MigrationReport report = hosts.migrate(policy -> policy.withBandwidth(8 << 20)
                    .withBudgetMs(20)
                    .withRounds(4)
                    .withWhenSlow(answer(OnSlow.STRETCH).withDowntimeMaxMs(100)));
            assertThat(report.result()).isEqualTo(Result.FAILED);
            assertThat(report.reason()).contains("MiB/s").contains("--downtime-max-ms");
            assertThat(report.slowness().budgetMs()).isLessThanOrEqualTo(100);
            assertThat(hosts.sourceGuest.state()).isEqualTo(RunState.RUNNING);
        }
    }

    @Test
    void limitsCanBeChangedWhileItGoesOn() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            hosts.sourceGuest.compressible = false;
            hosts.fillSource();
            // At this rate its 12 MiB would take minutes.
            Migration migration = hosts.start(policy -> policy.withBandwidth(64 << 10));
            await().atMost(LONG)
                    .until(() -> migration.progress().phase() == Phase.ROUNDS
                            && migration.progress().bytesSent() > 0);
            migration.adjust(new Adjustment(1L << 30, 5_000L));
            MigrationReport report = migration.report().get(20, TimeUnit.SECONDS);
            assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
            assertThat(report.downtimeBudgetMs()).isEqualTo(5_000);
        }
    }

    @Test
    void aLimitOutOfItsRangeChangesNothing() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            hosts.fillSource();
            Migration migration = hosts.start(policy -> policy.withBandwidth(64 << 10));
            assertThat(org.assertj.core.api.Assertions.catchThrowable(
                            () -> migration.adjust(new Adjustment(12L, 5_000L))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("64 KiB/s");
            migration.cancel("Enough");
            assertThat(migration.report().get(20, TimeUnit.SECONDS).downtimeBudgetMs())
                    .isEqualTo(2_000);
        }
    }
}
