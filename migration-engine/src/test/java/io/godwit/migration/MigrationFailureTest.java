package io.godwit.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.migration.MigrationProgress.Phase;
import io.godwit.migration.MigrationReport.Result;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import io.godwit.shim.RunState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Migrations that go wrong: the guest runs on exactly one host afterwards, nothing is left on the other, and
/// the next migration works.
@Execution(ExecutionMode.CONCURRENT)
@Timeout(90)
class MigrationFailureTest {
    private static final long PAGES = 16 << 8;

    /// Something that brings down a migration, from the outside.
    enum Fault {
        CANCEL,
        CUT,
        SWALLOW
    }

    private static void strike(Fault fault, Migration migration, FaultProxy proxy) {
        switch (fault) {
            case CANCEL -> migration.cancel("The operator asked for it");
            case CUT -> proxy.cut();
            case SWALLOW -> proxy.swallow();
        }
    }

    private static void assertRunsOnAtSource(TwoHosts hosts, MigrationReport report) {
        assertThat(report.result()).as(report.reason()).isNotEqualTo(Result.COMPLETED);
        assertThat(report.reason()).contains(TwoHosts.SOURCE);
        assertThat(hosts.sourceGuest.state()).isEqualTo(RunState.RUNNING);
        assertThat(hosts.sourceGuest.tracked()).isFalse();
        assertThat(hosts.targetGuest.resumes).isZero();
        assertThat(hosts.record.owner()).isEqualTo(TwoHosts.SOURCE);
        assertThat(hosts.record.inHandover()).isFalse();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> hosts.agent.events().stream()
                        .noneMatch(event -> event.equals("prepared")
                                && !hosts.agent.events().contains("discarded")));
        if (hosts.agent.events().contains("prepared")) {
            assertThat(hosts.targetGuest.destroyed).isTrue();
        }
    }

    private static void assertResultOf(Fault fault, MigrationReport report) {
        assertThat(report.result()).isEqualTo(fault == Fault.CANCEL ? Result.CANCELLED : Result.FAILED);
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void whileTheTargetPrepares(Fault fault) throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES);
                FaultProxy proxy = new FaultProxy(hosts.listen)) {
            hosts.reachedAt = proxy.address();
            CountDownLatch preparing = new CountDownLatch(1);
            CountDownLatch proceed = new CountDownLatch(1);
            hosts.agent.whenPreparing = () -> {
                preparing.countDown();
                awaitUninterrupted(proceed);
            };
            Migration migration = hosts.start(policy -> policy);
            assertThat(preparing.await(20, TimeUnit.SECONDS)).isTrue();
            strike(fault, migration, proxy);
            MigrationReport report = migration.report().get(20, TimeUnit.SECONDS);
            proceed.countDown();
            assertResultOf(fault, report);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> hosts.agent.events().contains("discarded"));
            assertRunsOnAtSource(hosts, report);
            assertThat(hosts.record.calls()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void inARound(Fault fault) throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES);
                FaultProxy proxy = new FaultProxy(hosts.listen)) {
            hosts.reachedAt = proxy.address();
            hosts.fillSource();
            Migration migration = hosts.start(policy -> policy.withBandwidth(1 << 20));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> migration.progress().phase() == Phase.ROUNDS
                            && migration.progress().bytesSent() > 600_000);
            strike(fault, migration, proxy);
            MigrationReport report = migration.report().get(20, TimeUnit.SECONDS);
            assertResultOf(fault, report);
            assertRunsOnAtSource(hosts, report);
            assertThat(hosts.record.calls()).isEmpty();
        }
    }

    @Test
    void aRecordThatCannotBeLookedAtAheadCostsNothingButTime() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            hosts.fillSource();
            hosts.record.expectFails = true;
            MigrationReport report = hosts.start(policy -> policy).report().get(20, TimeUnit.SECONDS);
            assertThat(report.result()).isEqualTo(Result.COMPLETED);
            assertThat(hosts.record.calls())
                    .containsExactlyInAnyOrder("beginHandover host-a", "expectCommit host-b", "commit host-b");
        }
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void whileTheHandoverIsRecorded(Fault fault) throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES);
                FaultProxy proxy = new FaultProxy(hosts.listen)) {
            hosts.reachedAt = proxy.address();
            hosts.record.holdHandover = new CountDownLatch(1);
            Migration migration = hosts.start(policy -> policy);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> hosts.record.calls().contains("beginHandover host-a"));
            strike(fault, migration, proxy);
            MigrationReport report = migration.report().get(20, TimeUnit.SECONDS);
            assertResultOf(fault, report);
            assertRunsOnAtSource(hosts, report);
            assertThat(hosts.record.calls()).containsExactly("beginHandover host-a", "takeBack host-a");
        }
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void whileTheDeviceStateIsTaken(Fault fault) throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES);
                FaultProxy proxy = new FaultProxy(hosts.listen)) {
            hosts.reachedAt = proxy.address();
            CountDownLatch saving = new CountDownLatch(1);
            CountDownLatch proceed = new CountDownLatch(1);
            hosts.sourceGuest.whenSaving = () -> {
                saving.countDown();
                awaitUninterrupted(proceed);
            };
            Migration migration = hosts.start(policy -> policy);
            assertThat(saving.await(20, TimeUnit.SECONDS)).isTrue();
            strike(fault, migration, proxy);
            MigrationReport report = migration.report().get(20, TimeUnit.SECONDS);
            proceed.countDown();
            assertResultOf(fault, report);
            assertRunsOnAtSource(hosts, report);
            assertThat(hosts.record.calls()).endsWith("takeBack host-a");
        }
    }

    /// The target has everything and asks the record, but the source has taken the guest back first.
    @ParameterizedTest
    @EnumSource(Fault.class)
    void beforeTheRecordIsCommitted(Fault fault) throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES);
                FaultProxy proxy = new FaultProxy(hosts.listen)) {
            hosts.reachedAt = proxy.address();
            CountDownLatch hold = new CountDownLatch(1);
            hosts.record.holdCommit = hold;
            Migration migration = hosts.start(policy -> policy);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> hosts.record.calls().contains("commit host-b"));
            strike(fault, migration, proxy);
            MigrationReport report = migration.report().get(20, TimeUnit.SECONDS);
            hold.countDown();
            assertResultOf(fault, report);
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> hosts.agent.events().contains("discarded"));
            assertRunsOnAtSource(hosts, report);
            assertThat(report.epoch()).isEqualTo(7);
        }
    }

    /// The record is committed, but the target's word never reaches the source: the record decides.
    @ParameterizedTest
    @EnumSource(Fault.class)
    void afterTheRecordIsCommitted(Fault fault) throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES);
                FaultProxy proxy = new FaultProxy(hosts.listen)) {
            hosts.reachedAt = proxy.address();
            CountDownLatch committed = new CountDownLatch(1);
            CountDownLatch proceed = new CountDownLatch(1);
            hosts.record.whenCommitted = () -> {
                committed.countDown();
                awaitUninterrupted(proceed);
            };
            Migration migration = hosts.start(policy -> policy);
            assertThat(committed.await(20, TimeUnit.SECONDS)).isTrue();
            strike(fault, migration, proxy);
            MigrationReport report = migration.report().get(20, TimeUnit.SECONDS);
            proceed.countDown();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> hosts.agent.events().contains("taken 8"));
            assertThat(report.result()).isEqualTo(Result.COMPLETED);
            assertThat(report.warnings()).anyMatch(warning -> warning.contains("answer was lost"));
            assertThat(report.epoch()).isEqualTo(8);
            assertThat(hosts.sourceGuest.destroyed).isTrue();
            assertThat(hosts.sourceGuest.resumes).isZero();
            assertThat(hosts.targetGuest.state()).isEqualTo(RunState.RUNNING);
        }
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void failing(Consumer<TwoHosts> fault, String reason) throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            hosts.fillSource();
            fault.accept(hosts);
            MigrationReport report = hosts.migrate(policy -> policy);
            assertThat(report.result()).isEqualTo(Result.FAILED);
            assertThat(report.reason()).contains(reason);
            assertRunsOnAtSource(hosts, report);
        }
    }

    @Test
    void targetNamesAllItsBlockers() throws Exception {
        failing(hosts -> hosts.agent.blockers = List.of("No room", "No bridge br0"), "No room; No bridge br0");
    }

    @Test
    void targetCannotPrepare() throws Exception {
        failing(hosts -> hosts.agent.prepareFailure = "QEMU did not start", "QEMU did not start");
    }

    @Test
    void targetRefusesTheDeviceState() throws Exception {
        failing(
                hosts -> hosts.targetGuest.loadFailure = "The device state is not mine",
                "The device state is not mine");
    }

    @Test
    void sourceCannotBeTracked() throws Exception {
        failing(hosts -> hosts.sourceGuest.trackFailure = "No ptrace permission", "No ptrace permission");
    }

    @Test
    void sourceCannotBePaused() throws Exception {
        failing(hosts -> hosts.sourceGuest.pauseFailure = "QMP does not answer", "QMP does not answer");
    }

    @Test
    void sourceCannotSaveItsState() throws Exception {
        failing(hosts -> hosts.sourceGuest.saveFailure = "migrate failed", "migrate failed");
    }

    @Test
    void gateIsClosed() throws Exception {
        failing(hosts -> hosts.record.closed = "The guest has another owner", "The guest has another owner");
    }

    @Test
    void handoverAnswerIsLost() throws Exception {
        failing(hosts -> hosts.record.handoverAnswerLost = true, "the answer was lost");
    }

    @Test
    void recordCannotBeReadAtFirstWhenItIsTakenBack() throws Exception {
        failing(
                hosts -> {
                    hosts.record.errorsBeforeTakeBack.set(3);
                    hosts.targetGuest.loadFailure = "no";
                },
                "no");
    }

    @Test
    void targetThatIsNotTheOwnerNeverResumes() throws Exception {
        failing(hosts -> hosts.record.neverCommit = true, "belongs to 'host-a'");
    }

    @Test
    void neverConvergingMigrationsAreGivenUpWithFigures() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            hosts.fillSource();
            hosts.sourceGuest.compressible = false;
            hosts.sourceGuest.writesPerMs = 4;
            MigrationReport report = hosts.migrate(
                    policy -> policy.withBandwidth(8 << 20).withBudgetMs(20).withRounds(3));
            assertThat(report.result()).isEqualTo(Result.FAILED);
            assertThat(report.reason())
                    .contains("3 rounds")
                    .contains("--downtime-ms")
                    .contains("MiB/s");
            assertThat(report.rounds()).hasSize(3);
            assertRunsOnAtSource(hosts, report);
        }
    }

    @Test
    void lateRoundsAreGivenUp() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            hosts.sourceGuest.compressible = false;
            hosts.fillSource();
            hosts.sourceGuest.writesPerMs = 4;
            MigrationReport report = hosts.migrate(
                    policy -> policy.withBandwidth(4 << 20).withBudgetMs(20).withTimeoutMs(1_000));
            assertThat(report.reason()).contains("within 1000 ms");
            assertRunsOnAtSource(hosts, report);
        }
    }

    @Test
    void sourceThatCannotBeResumedIsSaidLoudly() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            hosts.targetGuest.loadFailure = "no";
            hosts.sourceGuest.resumeFailure = "QMP is gone";
            MigrationReport report = hosts.migrate(policy -> policy);
            assertThat(report.result()).isEqualTo(Result.FAILED);
            assertThat(report.reason()).contains("COULD NOT BE RESUMED").contains("QMP is gone");
        }
    }

    @Test
    void targetThatCannotBeResumedKeepsTheGuest() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            hosts.targetGuest.resumeFailure = "image locked";
            MigrationReport report = hosts.migrate(policy -> policy);
            assertThat(report.result()).isEqualTo(Result.COMPLETED);
            assertThat(report.warnings()).anyMatch(warning -> warning.contains("image locked"));
            assertThat(hosts.targetGuest.destroyed).isFalse();
            assertThat(hosts.sourceGuest.destroyed).isTrue();
        }
    }

    @Test
    void corruptedPageIsFoundByVerification() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            hosts.fillSource();
            hosts.targetGuest.view(new Corrupting(hosts.targetGuest.ram(), 777));
            MigrationReport report = hosts.migrate(policy -> policy.withVerify());
            assertThat(report.result()).isEqualTo(Result.FAILED);
            assertThat(report.reason()).contains("differs: pages 768 to 1023");
            assertRunsOnAtSource(hosts, report);
        }
    }

    @Test
    void nextMigrationWorksAfterOneThatFailed() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            hosts.fillSource();
            hosts.record.closed = "Not now";
            assertThat(hosts.migrate(policy -> policy).result()).isEqualTo(Result.FAILED);
            hosts.record.closed = null;
            hosts.targetGuest.state(RunState.INCOMING);
            assertThat(hosts.migrate(policy -> policy).result()).isEqualTo(Result.COMPLETED);
        }
    }

    @Test
    void secondMigrationOfTheSameGuestIsRefused() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            hosts.fillSource();
            Migration first = hosts.start(policy -> policy.withBandwidth(4 << 20));
            MigrationReport second = hosts.migrate(policy -> policy);
            assertThat(second.result()).isEqualTo(Result.FAILED);
            assertThat(second.reason()).contains("being migrated already");
            assertThat(first.report().get(60, TimeUnit.SECONDS).result()).isEqualTo(Result.COMPLETED);
        }
    }

    @Test
    void closingTheEngineGivesUpWhatIsNotCommitted() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            hosts.fillSource();
            Migration migration = hosts.start(policy -> policy.withBandwidth(1 << 20));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> migration.progress().bytesSent() > 600_000);
            hosts.source.close();
            MigrationReport report = migration.report().get(1, TimeUnit.SECONDS);
            assertThat(report.result()).isEqualTo(Result.CANCELLED);
            assertRunsOnAtSource(hosts, report);
        }
    }

    @Test
    void preflightNamesBlockersOfBothSidesAndTouchesNothing() throws Exception {
        try (TwoHosts hosts = new TwoHosts(PAGES)) {
            hosts.sourceGuest.trackFailure = "No ptrace permission";
            hosts.agent.blockers = List.of("No room");
            List<String> blockers = hosts.source.preflight(hosts.request(MigrationPolicy.DEFAULT));
            assertThat(blockers)
                    .hasSize(2)
                    .anyMatch(it -> it.contains("ptrace"))
                    .contains("No room");
            assertThat(hosts.agent.events()).isEmpty();
        }
    }

    /// The planted bug: one byte of one page is changed when the memory is looked at as a whole.
    private static final class Corrupting implements GuestMemory {
        private final FakeMemory memory;
        private final long page;

        Corrupting(FakeMemory memory, long page) {
            this.memory = memory;
            this.page = page;
        }

        @Override
        public List<Region> regions() {
            return memory.regions();
        }

        @Override
        public long pageCount() {
            return memory.pageCount();
        }

        @Override
        public MemorySegment pages(long firstPage, long count) {
            return memory.pages(firstPage, count);
        }

        @Override
        public void dataPages(PageBitmap into) {
            MemorySegment bad = memory.pages(page, 1);
            byte before = bad.get(ValueLayout.JAVA_BYTE, 100);
            bad.set(ValueLayout.JAVA_BYTE, 100, (byte) (before + 1));
            memory.dataPages(into);
        }

        @Override
        public void zero(long firstPage, long count) throws HypervisorException {
            memory.zero(firstPage, count);
        }
    }
}
