package io.godwit.agent.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.agent.testing.ScriptedOwnership;
import io.godwit.storage.LeaseRenewals;
import io.godwit.storage.LeaseSettings;
import io.godwit.storage.LeaseTimes;
import io.godwit.storage.OwnershipException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A host that follows the switch, with a real guard and records that answer as they are told.
class LeaseSwitchTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int TIMEOUT_MS = 6_000;
    private static final long WAIT_MS =
            LeaseTimes.of(LeaseSettings.DEFAULT, TIMEOUT_MS).takeoverWaitMs();

    @TempDir
    Path directory = Path.of("");

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final ScriptedOwnership records = new ScriptedOwnership();
    private final ScheduledExecutorService renewing = Executors.newSingleThreadScheduledExecutor();
    private volatile List<String> unknown = List.of();
    private LeaseKeeper keeper;

    @BeforeEach
    void open() throws Exception {
        records.renew(listener -> {
            var turns = renewing.scheduleAtFixedRate(() -> renew(listener), 0, 100, TimeUnit.MILLISECONDS);
            return () -> turns.cancel(false);
        });
        keeper = LeaseKeeper.start(plan(), records, meters);
    }

    @AfterEach
    void close() throws Exception {
        keeper.close();
        renewing.shutdownNow();
        new GuardPlace(directory.resolve("guard")).kill();
    }

    @Test
    void enforcesAndRecordsAndGivesUpInTheRightOrder() throws Exception {
        try (Sleeper guest = Sleeper.start();
                LeaseSwitch follower = start(true)) {
            awaitCalls("announceLease " + WAIT_MS);
            keeper.admit("web1", guest.process().pid(), false);
            assertThat(enforced()).isEqualTo(1);
            assertThat(follower.relaxed()).isFalse();

            records.setFailover(false, "test");
            awaitCalls("announceLease " + WAIT_MS, "setFailover off test", "announceLease 0");
            await().atMost(PATIENCE).until(follower::relaxed);
            assertThat(enforced()).isZero();
            assertThat(meters.get("godwit.failover.on").gauge().value()).isZero();
            renewing.shutdownNow();
            await().pollDelay(Duration.ofSeconds(6)).until(guest::runs);
        }
    }

    @Test
    void isNotGivenUpWhileTheRecordMaySayThatItIsEnforced() throws Exception {
        try (LeaseSwitch follower = start(true)) {
            awaitCalls("announceLease " + WAIT_MS);
            records.fail(new OwnershipException(OwnershipException.Kind.UNDECIDED, "no answer"));
            records.fail(new OwnershipException(OwnershipException.Kind.UNDECIDED, "no answer"));
            records.turn(false);
            await().atMost(PATIENCE)
                    .until(() -> records.calls().stream()
                                    .filter("announceLease 0"::equals)
                                    .count()
                            == 2);
            assertThat(follower.relaxed()).isFalse();
            await().atMost(PATIENCE).until(follower::relaxed);
            records.turn(true);
            await().atMost(PATIENCE).until(() -> records.calls().getLast().equals("announceLease " + WAIT_MS));
            await().atMost(PATIENCE).until(() -> enforced() == 1);
        }
    }

    @Test
    void isNotRecordedWhileItIsNotKnownWhatRunsHere() {
        unknown = List.of("web1");
        try (LeaseSwitch _ = start(true)) {
            await().pollDelay(Duration.ofSeconds(2)).until(() -> records.calls().isEmpty());
            unknown = List.of();
            awaitCalls("announceLease " + WAIT_MS);
        }
    }

    @Test
    void anAgentThatStopsInOrderGivesItUp() {
        LeaseSwitch follower = start(true);
        awaitCalls("announceLease " + WAIT_MS);
        follower.close();
        assertThat(follower.relaxed()).isTrue();
        assertThat(records.calls()).containsExactly("announceLease " + WAIT_MS, "announceLease 0");
    }

    @Test
    void oneThatIsConfiguredOffIsNeverRecorded() {
        try (LeaseSwitch follower = start(false)) {
            await().atMost(PATIENCE).until(follower::relaxed);
            assertThat(records.calls()).isEmpty();
        }
    }

    private LeaseSwitch start(boolean allowed) {
        return LeaseSwitch.start(allowed, plan(), keeper, records, () -> unknown, meters);
    }

    private LeasePlan plan() {
        return new LeasePlan(LeaseSettings.DEFAULT, TIMEOUT_MS, directory.resolve("guard"), "", 0, false);
    }

    private double enforced() {
        return meters.get("godwit.lease.enforced").gauge().value();
    }

    private void awaitCalls(String... calls) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(records.calls()).containsExactly(calls));
    }

    private long request;

    private void renew(LeaseRenewals listener) {
        listener.sending(++request, 7, TIMEOUT_MS);
        listener.acknowledged(request, 7, TIMEOUT_MS);
    }
}
