package io.godwit.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.migration.MigrationReport.Result;
import io.godwit.shim.DirtyTracker;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import io.godwit.shim.synthetic.SyntheticGuest;
import io.godwit.shim.synthetic.SyntheticOperation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// Guests that write faster than anything converges, switched over with pages missing, with faults in
/// between. Their memory is real and checks itself page by page.
@Execution(ExecutionMode.CONCURRENT)
@Timeout(120)
class PostcopyTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    /// Slow enough that there is time for faults: what is missing takes seconds.
    private static final long SLOW = 8 << 20;

    private PostcopyHost a;
    private PostcopyHost b;
    private FaultProxy proxy;

    @BeforeEach
    void makeHosts() throws IOException {
        a = new PostcopyHost("host-a");
        b = new PostcopyHost("host-b");
        proxy = new FaultProxy(b.address);
    }

    @AfterEach
    void removeHosts() throws IOException {
        a.close();
        b.close();
        proxy.close();
    }

    private Migration start(SyntheticGuest guest, long bandwidth) {
        return a.engine.start(a.request(guest, b, proxy.address(), bandwidth));
    }

    private void closeProxy() {
        try {
            proxy.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static MigrationReport completed(Migration migration) throws Exception {
        MigrationReport report = migration.report().get(60, TimeUnit.SECONDS);
        assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
        return report;
    }

    private static void assertTrueAndAlive(SyntheticGuest moved) throws HypervisorException {
        assertThat(moved.missesPages()).isFalse();
        long before = moved.pagesWritten();
        await().atMost(PATIENCE).until(() -> moved.pagesWritten() > before + 100);
        moved.pause();
        assertThat(moved.wrongPages(5)).isEmpty();
        moved.resume();
    }

    private static void end(SyntheticGuest guest) throws HypervisorException {
        guest.destroy(Duration.ofSeconds(5));
        guest.close();
    }

    @Test
    void aGuestThatNeverConvergesMovesThereAndBackAndItsMemoryIsTrue() throws Exception {
        SyntheticGuest guest = a.runningGuest();
        PostcopyHost from = a;
        PostcopyHost to = b;
        for (int i = 0; i < 4; i++) {
            Migration migration = from.engine.start(from.request(guest, to, to.address, 0));
            MigrationReport report = completed(migration);
            MigrationReport.LatePages late = report.latePages();
            assertThat(late.pages()).isPositive();
            assertThat(late.faulted()).isBetween(0L, late.pages());
            assertThat(late.dependedMs()).isPositive();
            guest.close();
            guest = to.nextGuest();
            to.awaitEvent("leaves pages at " + from.name);
            to.awaitEvent("arrived");
            assertTrueAndAlive(guest);
            assertThat(from.hypervisor.present()).isEmpty();
            assertThat(from.debts).endsWith("owes " + to.name, "paid");
            PostcopyHost next = from;
            from = to;
            to = next;
        }
        end(guest);
    }

    @Test
    void aLostConnectionIsOpenedAgainAndNothingIsLost() throws Exception {
        SyntheticGuest guest = a.runningGuest();
        Migration migration = start(guest, SLOW);
        SyntheticGuest moved = b.nextGuest();
        CountDownLatch resumed = new CountDownLatch(1);
        a.hypervisor.onNext(SyntheticOperation.RESUME, resumed::countDown);
        for (int i = 0; i < 4; i++) {
            long before = moved.pagesWritten();
            proxy.cut();
            if (!moved.missesPages()) {
                break;
            }
            assertThat(a.hypervisor.present()).as("kept while pages are owed").isNotEmpty();
            assertThatThrownBy(() -> {
                        DirtyTracker tracker = moved.track();
                        tracker.close();
                    })
                    .isInstanceOf(HypervisorException.class);
            await().atMost(PATIENCE).until(() -> moved.pagesWritten() > before + 10 || !moved.missesPages());
        }
        completed(migration);
        assertThat(resumed.getCount()).as("never run again where it left").isOne();
        b.awaitEvent("leaves pages");
        b.awaitEvent("arrived");
        assertTrueAndAlive(moved);
        assertThat(a.hypervisor.present()).isEmpty();
        guest.close();
        end(moved);
    }

    @Test
    void aConnectionLostWhileTheStateIsLoadedLeavesTheGuestAtItsSource() throws Exception {
        SyntheticGuest guest = a.runningGuest();
        CountDownLatch loading = new CountDownLatch(1);
        b.hypervisor.onNext(SyntheticOperation.LOAD_DEVICE_STATE, () -> {
            proxy.cut();
            loading.countDown();
        });
        MigrationReport report = start(guest, SLOW).report().get(60, TimeUnit.SECONDS);
        assertThat(loading.getCount()).isZero();
        assertThat(report.result()).isEqualTo(Result.FAILED);
        assertThat(guest.state()).isEqualTo(RunState.RUNNING);
        assertThat(a.debts).containsExactly("owes host-b", "paid");
        b.awaitEvent("leaves pages");
        b.awaitEvent("discarded");
        await().atMost(PATIENCE).until(() -> b.hypervisor.present().isEmpty());
        assertTrueAndAlive(guest);
        completed(a.engine.start(a.request(guest, b, b.address, 0)));
        guest.close();
        SyntheticGuest moved = b.nextGuest();
        b.awaitEvent("leaves pages");
        b.awaitEvent("arrived");
        assertTrueAndAlive(moved);
        end(moved);
    }

    @Test
    void aSourceThatDoesNotHearOfTheCommitServesThePagesAllTheSame() throws Exception {
        SyntheticGuest guest = a.runningGuest();
        MigrationRequest request = a.request(guest, b, proxy.address(), SLOW);
        FakeRecord record = java.util.Objects.requireNonNull(b.record);
        record.whenCommitted = proxy::cut;
        MigrationReport report = completed(a.engine.start(request));
        assertThat(report.warnings()).anyMatch(warning -> warning.contains("the record was read instead"));
        SyntheticGuest moved = b.nextGuest();
        b.awaitEvent("leaves pages");
        b.awaitEvent("arrived");
        assertTrueAndAlive(moved);
        guest.close();
        end(moved);
    }

    @Test
    void aDebtThatCannotBeNotedIsNotMade() throws Exception {
        SyntheticGuest guest = a.runningGuest();
        a.debtsCannotBeNoted = true;
        MigrationReport report = start(guest, 0).report().get(60, TimeUnit.SECONDS);
        assertThat(report.result()).isEqualTo(Result.FAILED);
        assertThat(report.reason()).contains("The disk is full");
        assertThat(guest.state()).isEqualTo(RunState.RUNNING);
        assertTrueAndAlive(guest);
        end(guest);
    }

    @Test
    void aTargetThatCannotRunWithPagesMissingLeavesTheGuestAtItsSource() throws Exception {
        SyntheticGuest guest = a.runningGuest();
        b.hypervisor.failNext(SyntheticOperation.MISSING_PAGES);
        MigrationReport report = start(guest, 0).report().get(60, TimeUnit.SECONDS);
        assertThat(report.result()).isEqualTo(Result.FAILED);
        assertThat(guest.state()).isEqualTo(RunState.RUNNING);
        assertTrueAndAlive(guest);
        end(guest);
    }

    @Test
    void aSourceAgentThatStopsKeepsTheGuestAndTheNextOneServesTheRest() throws Exception {
        SyntheticGuest guest = a.runningGuest();
        MigrationRequest request = a.request(guest, b, proxy.address(), SLOW);
        Migration migration = a.engine.start(request);
        SyntheticGuest moved = b.nextGuest();
        a.restartEngine();
        MigrationReport report = completed(migration);
        assertThat(report.reason()).contains("still on host-a");
        assertThat(a.hypervisor.present()).containsExactly(PostcopyHost.SPEC.name());
        assertThat(moved.missesPages()).isTrue();
        PagesOwed.Debt debt = new PagesOwed.Debt(request.id(), b.name, b.address);
        assertThat(a.engine.servePages(debt, 8, guest.memory(), request.gate()).get(60, TimeUnit.SECONDS))
                .isEqualTo(PagesOwed.Outcome.PAID);
        b.awaitEvent("leaves pages");
        b.awaitEvent("arrived");
        assertTrueAndAlive(moved);
        end(guest);
        end(moved);
    }

    @Test
    void aTargetAgentThatStopsLeavesTheGuestToTheNextOne() throws Exception {
        SyntheticGuest guest = a.runningGuest();
        MigrationRequest request = a.request(guest, b, proxy.address(), SLOW);
        Migration migration = a.engine.start(request);
        SyntheticGuest moved = b.nextGuest();
        b.restartEngine();
        assertThat(moved.missesPages()).isTrue();
        b.engine.awaitPages(request.id(), a.name, b.waiting(moved));
        completed(migration);
        b.awaitEvent("leaves pages");
        b.awaitEvent("arrived");
        assertTrueAndAlive(moved);
        guest.close();
        end(moved);
    }

    @Test
    void aTargetThatCannotSeeToWhoWaitsTriesAgain() throws Exception {
        SyntheticGuest guest = a.runningGuest();
        MigrationRequest request = a.request(guest, b, proxy.address(), SLOW);
        Migration migration = a.engine.start(request);
        SyntheticGuest moved = b.nextGuest();
        b.restartEngine();
        assertThat(moved.missesPages()).isTrue();
        b.waitingGuestFails.set(3);
        b.engine.awaitPages(request.id(), a.name, b.waiting(moved));
        completed(migration);
        b.awaitEvent("leaves pages");
        b.awaitEvent("arrived");
        assertThat(b.waitingGuestFails).hasNegativeValue();
        assertTrueAndAlive(moved);
        guest.close();
        end(moved);
    }

    @Test
    void aSourceWhoseMemoryIsLostSaysSoAndTheGuestIsDestroyed() throws Exception {
        SyntheticGuest guest = a.runningGuest();
        MigrationRequest request = a.request(guest, b, proxy.address(), SLOW);
        a.engine.start(request);
        SyntheticGuest moved = b.nextGuest();
        a.restartEngine();
        end(guest);
        a.engine.tellPagesLost(new PagesOwed.Debt(request.id(), b.name, b.address), "host-a was restarted");
        b.awaitEvent("leaves pages");
        b.awaitEvent("lost: host-a was restarted");
        assertThat(moved.state()).isEqualTo(RunState.GONE);
        assertThat(b.hypervisor.present()).isEmpty();
        moved.close();
    }

    @Test
    void aSourceLetsGoWhenTheRecordSaysThatTheGuestIsNoMore() throws Exception {
        SyntheticGuest guest = a.runningGuest();
        MigrationRequest request = a.request(guest, b, proxy.address(), SLOW);
        Migration migration = a.engine.start(request);
        SyntheticGuest moved = b.nextGuest();
        end(moved);
        java.util.Objects.requireNonNull(b.record).startedAgain();
        MigrationReport report = completed(migration);
        assertThat(report.warnings()).anyMatch(warning -> warning.contains("is no more"));
        assertThat(a.hypervisor.present()).isEmpty();
        assertThat(a.debts).endsWith("paid");
        guest.close();
    }

    /// What the target said is lost, and when the record is read it speaks of a later life of the guest there.
    @Test
    void aSourceThatLearnsLateOfAGuestInALaterEpochLetsGo() throws Exception {
        SyntheticGuest guest = a.runningGuest();
        MigrationRequest request = a.request(guest, b, proxy.address(), SLOW);
        FakeRecord record = java.util.Objects.requireNonNull(b.record);
        record.whenCommitted = () -> {
            record.startedAgain();
            closeProxy();
        };
        MigrationReport report = completed(a.engine.start(request));
        assertThat(report.warnings()).anyMatch(warning -> warning.contains("the record was read instead"));
        assertThat(report.warnings()).anyMatch(warning -> warning.contains("is no more"));
        assertThat(a.hypervisor.present()).isEmpty();
        assertThat(a.debts).containsExactly("owes host-b", "paid");
        guest.close();
        end(b.nextGuest());
    }

    /// What comes unasked takes minutes, so who waits when the connection is lost waits for what it asked for.
    @Test
    void whatWasAskedForInVainIsAskedForAgainOnTheNextConnection() throws Exception {
        SyntheticGuest guest = a.runningGuest();
        Migration migration = start(guest, SLOW);
        SyntheticGuest moved = b.nextGuest();
        migration.adjust(new Adjustment(64L << 10, null));
        for (int i = 0; i < 3; i++) {
            proxy.cut();
            assertThat(moved.missesPages()).isTrue();
            long before = moved.pagesWritten();
            await().atMost(Duration.ofSeconds(20)).until(() -> moved.pagesWritten() > before + 300);
        }
        migration.adjust(new Adjustment(0L, null));
        completed(migration);
        b.awaitEvent("leaves pages");
        b.awaitEvent("arrived");
        assertTrueAndAlive(moved);
        guest.close();
        end(moved);
    }

    @Test
    void progressTellsWhatIsLeftBehind() throws Exception {
        SyntheticGuest guest = a.runningGuest();
        Migration migration = start(guest, SLOW);
        SyntheticGuest moved = b.nextGuest();
        await().atMost(PATIENCE).until(() -> migration.progress().phase() == MigrationProgress.Phase.LATE_PAGES);
        MigrationProgress first = migration.progress();
        assertThat(first.roundBytesTotal()).isGreaterThan(1 << 20);
        await().atMost(PATIENCE).until(() -> migration.progress().roundBytesDone() > first.roundBytesDone());
        MigrationReport report = completed(migration);
        assertThat(report.latePages().pages() * 4096).isEqualTo(first.roundBytesTotal());
        guest.close();
        end(moved);
    }

    @Test
    void aSourceThatIsOutOfReachForTooLongIsTakenForLostAndTheGuestIsDestroyed() throws Exception {
        b.patience = Duration.ofSeconds(2);
        SyntheticGuest guest = a.runningGuest();
        Migration migration = start(guest, SLOW);
        SyntheticGuest moved = b.nextGuest();
        proxy.close();
        b.awaitEvent("leaves pages");
        b.awaitEvent("lost: host-a, which alone has");
        assertThat(moved.state()).isEqualTo(RunState.GONE);
        assertThat(a.hypervisor.present()).as("kept while it may be owed").isNotEmpty();
        java.util.Objects.requireNonNull(b.record).startedAgain();
        assertThat(completed(migration).warnings()).anyMatch(warning -> warning.contains("is no more"));
        assertThat(a.hypervisor.present()).isEmpty();
        guest.close();
        moved.close();
    }

    @Test
    void digestsAndLatePagesExcludeEachOther() throws Exception {
        SyntheticGuest guest = a.runningGuest();
        MigrationRequest request = a.request(guest, b, b.address, 0);
        MigrationPolicy verifying = new MigrationPolicy(1, 0, 60_000, 30, 2, true).withWhenSlow(PostcopyHost.POST_COPY);
        MigrationReport report = a.engine
                .start(new MigrationRequest(
                        request.id(),
                        guest,
                        request.hypervisor(),
                        a.name,
                        b.name,
                        b.address,
                        verifying,
                        request.gate(),
                        request.owed()))
                .report()
                .get(60, TimeUnit.SECONDS);
        assertThat(report.result()).isEqualTo(Result.FAILED);
        assertThat(report.reason()).contains("--verify");
        end(guest);
    }
}
