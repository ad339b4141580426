package io.godwit.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.migration.MigrationReport.Result;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.RunState;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whole migrations over loopback that go well.
@Timeout(90)
class MigrationTest {
    private static final long PAGES = 16 << 8;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 16})
    void memoryIsEqualAtTheSwitchWhileTheGuestWritesAllTheTime(int connections) throws Exception {
        try (TwoHosts hosts = new TwoHosts(1000, 37, PAGES - 1037)) {
            hosts.fillSource();
            dirtyTheTarget(hosts);
            hosts.sourceGuest.writesPerMs = 8;
            AtomicLong difference = new AtomicLong(-2);
            hosts.targetGuest.beforeResume =
                    () -> difference.set(hosts.sourceGuest.ram().firstDifference(hosts.targetGuest.ram()));

            MigrationReport report = hosts.migrate(policy -> policy.withConnections(connections));

            assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
            assertThat(difference).hasValue(-1);
            assertThat(report.epoch()).isEqualTo(8);
            assertThat(hosts.targetGuest.state()).isEqualTo(RunState.RUNNING);
            assertThat(hosts.targetGuest.loaded).isEqualTo(hosts.sourceGuest.saved);
            assertThat(hosts.sourceGuest.destroyed).isTrue();
            assertThat(hosts.sourceGuest.tracked()).isFalse();
            // The source hears that the guest runs before the target's agent does.
            await().untilAsserted(() -> assertThat(hosts.agent.events()).containsExactly("prepared", "taken 8"));
            assertThat(report.rounds()).hasSizeGreaterThanOrEqualTo(2);
            assertThat(report.zeroPages()).isPositive();
            assertThat(report.compressedPages()).isPositive();
            assertThat(report.warnings()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void pagesThatChangeLittleTravelAsDifferences(int connections) throws Exception {
        try (TwoHosts hosts = new TwoHosts(1000, 37, PAGES - 1037)) {
            hosts.fillSource();
            dirtyTheTarget(hosts);
            hosts.sourceGuest.smallWrites = true;
            hosts.sourceGuest.writesPerMs = 4;
            hosts.sourceGuest.workingSetPages = 1024;
            AtomicLong difference = new AtomicLong(-2);
            hosts.targetGuest.beforeResume =
                    () -> difference.set(hosts.sourceGuest.ram().firstDifference(hosts.targetGuest.ram()));

            MigrationReport report = hosts.migrate(policy ->
                    policy.withConnections(connections).withBandwidth(6 << 20).withBudgetMs(150));

            assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
            assertThat(difference).hasValue(-1);
            assertThat(report.deltaPages()).isGreaterThan(100);
        }
    }

    /// Rounds that take long are scanned again meanwhile, and what was written is left for the next one.
    @Test
    void memoryIsEqualThoughPagesAreLeftForLaterRounds() throws Exception {
        try (TwoHosts hosts = new TwoHosts(1000, 37, PAGES - 1037)) {
            hosts.sourceGuest.compressible = false;
            hosts.fillSource();
            dirtyTheTarget(hosts);
            hosts.sourceGuest.writesPerMs = 1;
            AtomicLong difference = new AtomicLong(-2);
            hosts.targetGuest.beforeResume =
                    () -> difference.set(hosts.sourceGuest.ram().firstDifference(hosts.targetGuest.ram()));

            MigrationReport report = hosts.migrate(policy -> policy.withBandwidth(8 << 20));

            assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
            assertThat(difference).hasValue(-1);
            assertThat(hosts.sourceGuest.scans).isGreaterThan(report.rounds().size() + 4);
        }
    }

    @Test
    void verifiedMigrationsCompare() throws Exception {
        try (TwoHosts hosts = new TwoHosts(1000, 37, PAGES - 1037)) {
            hosts.fillSource();
            dirtyTheTarget(hosts);
            hosts.sourceGuest.writesPerMs = 4;
            hosts.sourceGuest.compressible = false;

            MigrationReport report = hosts.migrate(policy -> policy.withVerify());

            assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
            assertThat(report.rawPages()).isPositive();
        }
    }

    @Test
    void pausedGuestStaysPausedAndHasNoDowntime() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            hosts.fillSource();
            hosts.sourceGuest.state(RunState.PAUSED);

            MigrationReport report = hosts.migrate(policy -> policy);

            assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
            assertThat(report.downtimeMs()).isZero();
            assertThat(hosts.targetGuest.state()).isEqualTo(RunState.PAUSED);
            assertThat(hosts.targetGuest.resumes).isZero();
            await().untilAsserted(() -> assertThat(hosts.agent.events()).containsExactly("prepared", "taken 8 paused"));
        }
    }

    @Test
    void partsOfTheDowntimeAddUp() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            hosts.fillSource();
            MigrationReport report = hosts.migrate(policy -> policy);
            MigrationReport.Switchover parts = report.switchover();
            double sum =
                    parts.pauseMs() + parts.lastRoundMs() + parts.deviceStateMs() + parts.commitMs() + parts.resumeMs();
            assertThat(report.downtimeMs()).isPositive();
            assertThat(sum).isCloseTo(report.downtimeMs(), org.assertj.core.data.Offset.offset(0.01));
            assertThat(report.totalMs()).isGreaterThan(report.downtimeMs());
            assertThat(hosts.meters.get("godwit.migration.downtime").summary().count())
                    .isEqualTo(1);
        }
    }

    @Test
    void cappedMigrationsKeepToTheirRate() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            hosts.sourceGuest.compressible = false;
            hosts.fillSource();
            long cap = 8 << 20;

            MigrationReport report = hosts.migrate(policy -> policy.withBandwidth(cap));

            assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
            double seconds = report.rounds().stream()
                            .mapToDouble(MigrationReport.Round::durationMs)
                            .sum()
                    / 1000;
            assertThat(report.bytesSent() / seconds).isLessThan(cap * 1.2);
        }
    }

    @Test
    void guestsLargerThanTwoGibibytesKeepTheirOffsets() throws Exception {
        long pages = 3L << 18;
        long second = 1L << 18;
        try (TwoHosts hosts = new TwoHosts(second + 5, pages - second - 5)) {
            byte[] page = new byte[GuestMemory.PAGE_BYTES];
            for (long number : new long[] {0, second + 4, second + 5, 600_000, pages - 1}) {
                java.util.Arrays.fill(page, (byte) (number * 31));
                page[17] = 99;
                hosts.sourceGuest.touch(number, page);
            }
            // Every scan of this guest sets all bits once; reading the holes would fill them.
            MigrationReport report = hosts.migrate(policy -> policy);

            assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
            for (long number : new long[] {0, second + 4, second + 5, 600_000, pages - 1}) {
                assertThat(hosts.targetGuest.ram().read(number))
                        .isEqualTo(hosts.sourceGuest.ram().read(number));
            }
            assertThat(report.zeroPages()).isGreaterThan(pages - 100);
        }
    }

    /// As firmware would have done before anything arrives.
    private static void dirtyTheTarget(TwoHosts hosts) {
        byte[] page = new byte[GuestMemory.PAGE_BYTES];
        java.util.Arrays.fill(page, (byte) 0xee);
        for (long number = 0; number < hosts.targetGuest.ram().pageCount(); number += 3) {
            hosts.targetGuest.touch(number, page);
        }
    }
}
