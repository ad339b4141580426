package io.godwit.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.migration.MigrationReport.ForwardedFrames;
import io.godwit.migration.MigrationReport.Result;
import io.godwit.shim.RunState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Frames that reach the source after the guest was paused there, in migrations that go well and others.
@Timeout(90)
class FrameForwardingTest {
    private static final long PAGES = 4 << 8;

    private final FakeFrames network = new FakeFrames();

    private TwoHosts hosts() throws Exception {
        TwoHosts hosts = new TwoHosts(PAGES);
        hosts.fillSource();
        hosts.sourceGuest.capture = network.capture();
        hosts.targetGuest.delivery = network.delivery();
        return hosts;
    }

    @Test
    void lateFramesAreDeliveredInOrderOnceTheRecordNamesTheTarget() throws Exception {
        try (TwoHosts hosts = hosts()) {
            AtomicReference<String> ownerAtFirstDelivery = new AtomicReference<>("");
            network.whenDelivering = () -> ownerAtFirstDelivery.compareAndSet("", hosts.record.owner());
            hosts.sourceGuest.whenPaused = () -> IntStream.range(0, 300).forEach(network::reachSource);
            hosts.record.holdCommit = new CountDownLatch(1);
            Migration migration = hosts.start(policy -> policy);
            await().until(() -> hosts.record.calls().contains("commit host-b"));
            network.reachSource(300);
            network.announced = true;
            hosts.record.holdCommit.countDown();
            MigrationReport report = migration.report().get(60, TimeUnit.SECONDS);

            assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
            assertThat(network.delivered())
                    .isEqualTo(IntStream.rangeClosed(0, 300).boxed().toList());
            assertThat(ownerAtFirstDelivery).hasValue(TwoHosts.TARGET);
            assertThat(report.forwardedFrames()).isEqualTo(new ForwardedFrames(301, 301, 0));
            assertThat(report.warnings()).isEmpty();
            assertThat(network.elsewhere).isTrue();
            assertThat(network.captureClosed).isTrue();
            await().until(() -> network.deliveryClosed);
            assertThat(count(hosts, "source", "captured")).isEqualTo(301);
            await().until(() -> count(hosts, "target", "delivered") == 301);
        }
    }

    /// The source's hypervisor must live until then: without it the tap, and so the bridge, would take no
    /// frames.
    @Test
    void theSourceStaysWhileFramesStillComeAndNobodyHasAnnouncedTheGuest() throws Exception {
        try (TwoHosts hosts = hosts()) {
            Migration migration = hosts.start(policy -> policy);
            await().until(() -> network.elsewhere);
            for (int number = 0; number < 5; number++) {
                network.reachSource(number);
                int expected = number + 1;
                await().until(() -> network.delivered().size() == expected);
                assertThat(hosts.sourceGuest.destroyed).isFalse();
            }
            network.announced = true;
            MigrationReport report = migration.report().get(60, TimeUnit.SECONDS);
            assertThat(network.delivered()).containsExactly(0, 1, 2, 3, 4);
            assertThat(report.forwardedFrames()).isEqualTo(new ForwardedFrames(5, 5, 0));
            assertThat(hosts.sourceGuest.destroyed).isTrue();
        }
    }

    @Test
    void aGuestThatStaysGetsNothingTwice() throws Exception {
        try (TwoHosts hosts = hosts()) {
            hosts.sourceGuest.whenPaused = () -> IntStream.range(0, 10).forEach(network::reachSource);
            hosts.record.neverCommit = true;
            MigrationReport report = hosts.migrate(policy -> policy);

            assertThat(report.result()).isEqualTo(Result.FAILED);
            assertThat(hosts.sourceGuest.state()).isEqualTo(RunState.RUNNING);
            assertThat(network.delivered()).isEmpty();
            assertThat(network.captureClosed).isTrue();
            assertThat(report.forwardedFrames()).isEqualTo(ForwardedFrames.NONE);
        }
    }

    @Test
    void aMigrationThatFailsBeforeThePauseLeavesNoCaptureOpen() throws Exception {
        try (TwoHosts hosts = hosts()) {
            hosts.record.closed = "Somebody else changed the record";
            MigrationReport report = hosts.migrate(policy -> policy);
            assertThat(report.result()).isEqualTo(Result.FAILED);
            assertThat(network.begun()).isFalse();
            assertThat(network.captureClosed).isTrue();
        }
    }

    @Test
    void aConnectionCutAfterTheCommitIsSaidToLoseFrames() throws Exception {
        try (TwoHosts hosts = hosts();
                FaultProxy proxy = new FaultProxy(hosts.listen)) {
            hosts.reachedAt = proxy.address();
            hosts.sourceGuest.whenPaused = () -> IntStream.range(0, 4).forEach(network::reachSource);
            hosts.record.whenCommitted = proxy::cut;
            MigrationReport report = hosts.migrate(policy -> policy);

            assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
            assertThat(hosts.targetGuest.state()).isEqualTo(RunState.RUNNING);
            ForwardedFrames frames = report.forwardedFrames();
            assertThat(frames.captured()).isEqualTo(4);
            assertThat(frames.delivered() + frames.dropped()).isEqualTo(4);
            assertThat(frames.dropped()).isPositive();
            assertThat(report.warnings()).anyMatch(warning -> warning.contains("4 packets that reached host-a"));
            // What had arrived before the cut is delivered all the same.
            await().pollDelay(Duration.ofMillis(100)).until(() -> true);
            assertThat(network.delivered()).isIn(List.of(), List.of(0, 1, 2, 3));
        }
    }

    @Test
    void framesTheTargetsCardRefusesAreToldAsDropped() throws Exception {
        try (TwoHosts hosts = hosts()) {
            network.refuses = true;
            network.announced = true;
            hosts.sourceGuest.whenPaused = () -> IntStream.range(0, 4).forEach(network::reachSource);
            MigrationReport report = hosts.migrate(policy -> policy);
            assertThat(report.forwardedFrames()).isEqualTo(new ForwardedFrames(4, 0, 4));
            assertThat(count(hosts, "source", "dropped")).isEqualTo(4);
        }
    }

    @Test
    void aGuestWhoseFramesCannotBeCapturedMovesAllTheSame() throws Exception {
        try (TwoHosts hosts = hosts()) {
            hosts.sourceGuest.captureFailure = "Could not open a packet socket: EPERM, operation not permitted";
            MigrationReport report = hosts.migrate(policy -> policy);
            assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
            assertThat(report.warnings()).singleElement().asString().contains("may be lost", "EPERM");
        }
    }

    @Test
    void aPausedGuestsFramesAreNotCaptured() throws Exception {
        try (TwoHosts hosts = hosts()) {
            hosts.sourceGuest.state(RunState.PAUSED);
            MigrationReport report = hosts.migrate(policy -> policy);
            assertThat(report.result()).as(report.reason()).isEqualTo(Result.COMPLETED);
            assertThat(network.begun()).isFalse();
            assertThat(network.captureClosed).isTrue();
            assertThat(report.forwardedFrames()).isEqualTo(ForwardedFrames.NONE);
        }
    }

    private static double count(TwoHosts hosts, String role, String outcome) {
        return hosts.meters
                .get("godwit.migration.frames")
                .tag("role", role)
                .tag("outcome", outcome)
                .counter()
                .count();
    }
}
