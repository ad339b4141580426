package io.godwit.agent.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.agent.testing.FakeHypervisor;
import io.godwit.agent.testing.TestHost;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.LinuxProcess;
import io.godwit.shim.linux.LinuxProcess.Signal;
import io.godwit.storage.LeaseRenewals;
import io.godwit.storage.LeaseSettings;
import io.godwit.storage.Ownership;
import io.godwit.storage.Verdict;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The agent's side of the lease, with a real guard and with processes in the place of guests.
class LeaseKeeperTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration LOOK = Duration.ofMillis(5);
    private static final LeaseSettings SETTINGS = new LeaseSettings(0.3, 100, 200, 800, 200, 200);
    private static final int TIMEOUT_MS = 2_000;

    @TempDir
    Path directory = Path.of("");

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    @AfterEach
    void endTheGuard() throws Exception {
        place().kill();
    }

    @Test
    void guestsRunWhileTheLeaseIsRenewedAndEndWhenItIsNot() throws Exception {
        try (Records records = new Records();
                Sleeper guest = Sleeper.start();
                LeaseKeeper keeper = keeper(records)) {
            records.mine.add("web1");
            keeper.admit("web1", guest.process().pid(), true);
            assertThat(meters.get("godwit.lease.guard.up").gauge().value()).isEqualTo(1);
            assertThat(meters.get("godwit.lease.left").gauge().value()).isBetween(0.1, 1.4);
            assertThat(meters.get("godwit.lease.paused.by").gauge().value()).isEqualTo(1.602);

            records.answers = false;
            await().atMost(PATIENCE).pollInterval(LOOK).until(guest::stopped);
            assertThatThrownBy(() -> keeper.admit("web1", guest.process().pid(), true))
                    .isInstanceOf(HypervisorException.class)
                    .hasMessageContaining("lease has run out");
            records.answers = true;
            await().atMost(PATIENCE).pollInterval(LOOK).until(guest::runs);

            records.answers = false;
            assertThat(guest.child().waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(meters.get("godwit.lease.deadlines")
                                    .tag("guests", "killed")
                                    .counter()
                                    .count())
                            .isEqualTo(1));
        }
    }

    @Test
    void inANewSessionOnlyGuestsThatAreStillThisHostsGoOn() throws Exception {
        try (Records records = new Records();
                Sleeper kept = Sleeper.start();
                Sleeper taken = Sleeper.start();
                LeaseKeeper keeper = keeper(records)) {
            records.mine.add("web1");
            records.mine.add("mail1");
            keeper.admit("web1", kept.process().pid(), true);
            keeper.admit("mail1", taken.process().pid(), true);
            records.mine.remove("mail1");
            records.session.incrementAndGet();
            assertThat(taken.child().waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            assertThat(kept.runs()).isTrue();
        }
    }

    @Test
    void whileItIsRelaxedGuestsRunOnAndOnceEnforcedAgainTheyStop() throws Exception {
        try (Records records = new Records();
                Sleeper guest = Sleeper.start();
                Sleeper unanswered = Sleeper.start();
                LeaseKeeper keeper = keeper(records)) {
            records.mine.add("web1");
            keeper.admit("web1", guest.process().pid(), true);
            assertThat(keeper.relax()).isEmpty();
            records.answers = false;
            await().pollDelay(Duration.ofMillis(TIMEOUT_MS + 1_000)).until(guest::runs);
            assertThat(meters.get("godwit.lease.deadlines")
                            .tag("guests", "paused")
                            .counter()
                            .count())
                    .isZero();
            assertThat(keeper.enforce())
                    .hasValueSatisfying(why -> assertThat(why).contains("lease has run out"));
            records.answers = true;
            // Found by its process alone, and never seen to be this host's.
            keeper.noteFound("mail1", unanswered.process().pid());
            await().atMost(PATIENCE).until(() -> keeper.enforce().isEmpty());
            records.answers = false;
            await().atMost(PATIENCE).pollInterval(LOOK).until(guest::stopped);
            assertThat(unanswered.child().waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        }
    }

    /// While the lease was out another host may have taken the guest over, and stopped asking for a wait.
    @Test
    void aGuestThatWasPausedForItsLeaseDoesNotGoOnBecauseTheLeaseIsGivenUp() throws Exception {
        try (Records records = new Records();
                Sleeper guest = Sleeper.start();
                LeaseKeeper keeper = keeper(records)) {
            records.mine.add("web1");
            keeper.admit("web1", guest.process().pid(), true);
            records.answers = false;
            await().atMost(PATIENCE).pollInterval(LOOK).until(guest::stopped);
            assertThat(keeper.relax()).hasValueSatisfying(why -> assertThat(why).contains("lease has run out"));
            records.mine.remove("web1");
            records.session.incrementAndGet();
            records.answers = true;
            await().atMost(PATIENCE).until(() -> keeper.relax().isEmpty());
            await().during(Duration.ofMillis(500)).until(() -> !guest.runs());
        }
    }

    @Test
    void noDeadlineIsGivenThatNeedsALongerWaitThanTheRecordAsksFor() throws Exception {
        try (Records records = new Records();
                Sleeper guest = Sleeper.start();
                LeaseKeeper keeper = keeper(records, plan(1, false))) {
            records.mine.add("web1");
            assertThatThrownBy(() -> keeper.admit("web1", guest.process().pid(), true))
                    .isInstanceOf(HypervisorException.class)
                    .hasMessageContaining("no guard to watch guest web1");
            assertThat(keeper.enforce()).isEmpty();
            keeper.recorded(keeper.times().takeoverWaitMs());
            keeper.admit("web1", guest.process().pid(), true);
            assertThat(guest.runs()).isTrue();
        }
    }

    @Test
    void aGuestThatADeadGuardHasStoppedGoesOnOnceItIsKnown() throws Exception {
        try (Records records = new Records();
                Sleeper guest = Sleeper.start()) {
            records.mine.add("web1");
            guest.signal(Signal.STOP);
            try (LeaseKeeper keeper = keeper(records)) {
                keeper.noteFound("web1", guest.process().pid());
                await().atMost(PATIENCE).pollInterval(LOOK).until(guest::runs);
            }
        }
    }

    @Test
    void aGuestWhoseRecordIsAnotherHostsIsNotAdmitted() throws Exception {
        try (Records records = new Records();
                Sleeper guest = Sleeper.start();
                LeaseKeeper keeper = keeper(records)) {
            assertThatThrownBy(() -> keeper.admit("web1", guest.process().pid(), true))
                    .isInstanceOf(HypervisorException.class)
                    .hasMessageContaining("not this host's");
            keeper.admit("web1", guest.process().pid(), false);
            assertThat(guest.runs()).isTrue();
        }
    }

    @Test
    void aGuestThatMayNotRunIsNotLeftBehind() throws Exception {
        try (Records records = new Records();
                LeaseKeeper keeper = keeper(records)) {
            FakeHypervisor inner = new FakeHypervisor();
            GuardedHypervisor guarded = new GuardedHypervisor(inner, keeper);
            records.answers = false;
            await().atMost(PATIENCE)
                    .until(() -> meters.get("godwit.lease.left").gauge().value() <= 0);
            assertThatThrownBy(() -> guarded.create(TestHost.spec("web1", 32, inner.capabilities())))
                    .isInstanceOf(HypervisorException.class)
                    .hasMessageContaining("lease has run out");
            assertThat(guarded.present()).isEmpty();
        }
    }

    @Test
    void aGuardThatIsKilledIsReplacedWithoutAGuestNoticing() throws Exception {
        try (Records records = new Records();
                Sleeper guest = Sleeper.start();
                LeaseKeeper keeper = keeper(records)) {
            records.mine.add("web1");
            keeper.admit("web1", guest.process().pid(), true);
            LinuxProcess before = place().guard().orElseThrow();
            before.signal(Signal.KILL);
            await().atMost(PATIENCE)
                    .until(() -> place().guard()
                                    .filter(guard -> !guard.equals(before))
                                    .isPresent()
                            && meters.get("godwit.lease.guard.up").gauge().value() == 1);
            assertThat(guest.runs()).isTrue();
            records.answers = false;
            await().atMost(PATIENCE).pollInterval(LOOK).until(guest::stopped);
        }
    }

    @Test
    void anAgentThatStartsAgainTakesOverTheGuardAndItsGuests() throws Exception {
        try (Records records = new Records();
                Sleeper guest = Sleeper.start()) {
            records.mine.add("web1");
            LeaseKeeper first = keeper(records);
            first.admit("web1", guest.process().pid(), true);
            LinuxProcess guard = place().guard().orElseThrow();
            first.close();
            await().atMost(PATIENCE).pollInterval(LOOK).until(guest::stopped);
            records.session.incrementAndGet();
            try (LeaseKeeper _ = keeper(records)) {
                await().atMost(PATIENCE).pollInterval(LOOK).until(guest::runs);
                assertThat(place().guard()).contains(guard);
            }
        }
    }

    @Test
    void aSessionTimeoutThatLeavesNoRoomKeepsTheAgentFromStarting() {
        try (Records records = new Records()) {
            records.timeoutMs = 400;
            assertThatThrownBy(() -> keeper(records))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("unsafe with the session timeout that ZooKeeper grants, 400 ms");
        }
    }

    private LeaseKeeper keeper(Records records) throws Exception {
        return keeper(records, plan(0, false));
    }

    private LeaseKeeper keeper(Records records, LeasePlan plan) throws Exception {
        return LeaseKeeper.start(plan, records.ownership(), new Meters(meters).fresh());
    }

    private LeasePlan plan(long recordedWaitMs, boolean relaxed) {
        return new LeasePlan(SETTINGS, TIMEOUT_MS, place().directory(), "", recordedWaitMs, relaxed);
    }

    private GuardPlace place() {
        return new GuardPlace(directory.resolve("guard"));
    }

    /// Gauges of a keeper that is gone must not hide those of the next.
    private record Meters(SimpleMeterRegistry registry) {
        SimpleMeterRegistry fresh() {
            registry.clear();
            return registry;
        }
    }

    /// Renews as told, and knows whose each guest is.
    private static final class Records implements AutoCloseable {
        final Set<String> mine = ConcurrentHashMap.newKeySet();
        volatile boolean answers = true;
        final AtomicLong session = new AtomicLong(7);
        volatile int timeoutMs = TIMEOUT_MS;
        private final ScheduledExecutorService renewing = Executors.newSingleThreadScheduledExecutor();
        private long request;

        Ownership ownership() {
            return (Ownership) Proxy.newProxyInstance(
                    Ownership.class.getClassLoader(),
                    new Class<?>[] {Ownership.class},
                    (_, method, arguments) -> switch (method.getName()) {
                        case "renewLease" -> renew((LeaseRenewals) arguments[1]);
                        case "settle" ->
                            mine.contains((String) arguments[0]) ? new Verdict.Mine(1) : new Verdict.NotMine("beta", 2);
                        default -> throw new UnsupportedOperationException(method.getName());
                    });
        }

        private LeaseRenewals.Renewing renew(LeaseRenewals listener) {
            var turns = renewing.scheduleAtFixedRate(
                    () -> {
                        listener.sending(++request, session.get(), timeoutMs);
                        if (answers) {
                            listener.acknowledged(request, session.get(), timeoutMs);
                        }
                    },
                    0,
                    SETTINGS.renewIntervalMs(),
                    TimeUnit.MILLISECONDS);
            return () -> turns.cancel(false);
        }

        @Override
        public void close() {
            renewing.shutdownNow();
        }
    }
}
