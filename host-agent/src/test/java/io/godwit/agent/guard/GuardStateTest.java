package io.godwit.agent.guard;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.agent.guard.GuardState.Order;
import io.godwit.shim.linux.LinuxProcess;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GuardStateTest {
    private static final GuardedProcess WEB = new GuardedProcess("web1", new LinuxProcess(4_711, 1));
    private static final GuardedProcess MAIL = new GuardedProcess("mail1", new LinuxProcess(4_712, 1));

    private final GuardState state = new GuardState();

    @Test
    void anotherGuardMayHaveStoppedWhoIsNew() {
        state.feed(100, 200, List.of(WEB));
        assertThat(state.due(0)).containsExactly(new Order.Continue(WEB));
        assertThat(state.done(new Order.Continue(WEB))).isTrue();
        assertThat(state.due(99)).isEmpty();
    }

    @Test
    void pausesFromTheFirstDeadlineAndKillsFromTheSecond() {
        state.feed(100, 200, List.of(WEB));
        state.done(new Order.Continue(WEB));
        assertThat(state.due(100)).containsExactly(new Order.Pause(WEB));
        assertThat(state.done(new Order.Pause(WEB))).isTrue();
        assertThat(state.due(199)).containsExactly(new Order.Pause(WEB));
        assertThat(state.done(new Order.Pause(WEB))).isFalse();
        assertThat(state.due(200)).containsExactly(new Order.Kill(WEB));
        assertThat(state.done(new Order.Kill(WEB))).isTrue();
        assertThat(state.due(10_000)).containsExactly(new Order.Kill(WEB));
        assertThat(state.done(new Order.Kill(WEB))).isFalse();
        state.ended(WEB);
        assertThat(state.due(10_000)).isEmpty();
    }

    @Test
    void goesOnWhenFedInBetween() {
        state.feed(100, 200, List.of(WEB));
        state.done(new Order.Continue(WEB));
        state.done(new Order.Pause(WEB));
        state.feed(300, 400, List.of(WEB));
        assertThat(state.due(150)).containsExactly(new Order.Continue(WEB));
        state.done(new Order.Continue(WEB));
        assertThat(state.due(299)).isEmpty();
    }

    @Test
    void anOldFeedRunsNobody() {
        state.feed(100, 200, List.of(WEB));
        state.done(new Order.Continue(WEB));
        state.done(new Order.Pause(WEB));
        state.feed(120, 220, List.of(WEB));
        assertThat(state.due(150)).containsExactly(new Order.Pause(WEB));
    }

    @Test
    void whoIsNotNamedKeepsItsOwnDeadlines() {
        state.feed(100, 200, List.of(WEB, MAIL));
        state.due(0).forEach(state::done);
        state.feed(500, 600, List.of(MAIL));
        assertThat(state.due(100)).containsExactly(new Order.Pause(WEB));
        state.feed(500, 600, List.of());
        assertThat(state.due(200)).containsExactly(new Order.Kill(WEB));
        assertThat(state.held()).containsExactlyInAnyOrder(WEB, MAIL);
    }

    @Test
    void aCapShortensWhatWasPromisedAndProlongsNothing() {
        state.feed(100, 200, List.of(WEB));
        state.done(new Order.Continue(WEB));
        state.cap(50, 80, List.of(WEB));
        assertThat(state.due(49)).isEmpty();
        assertThat(state.due(50)).containsExactly(new Order.Pause(WEB));
        assertThat(state.due(80)).containsExactly(new Order.Kill(WEB));
        state.cap(1_000, 2_000, List.of(WEB));
        assertThat(state.due(80)).containsExactly(new Order.Kill(WEB));
    }

    @Test
    void whoWasOnlyCappedIsEndedInTimeAndNeverContinued() {
        state.cap(100, 200, List.of(WEB));
        // A guard before this one may have paused it, and nobody has said since that it is this host's.
        assertThat(state.due(0)).isEmpty();
        assertThat(state.due(100)).containsExactly(new Order.Pause(WEB));
        state.done(new Order.Pause(WEB));
        state.cap(300, 400, List.of(WEB));
        assertThat(state.due(150)).containsExactly(new Order.Pause(WEB));
        state.feed(300, 400, List.of(WEB));
        assertThat(state.due(150)).containsExactly(new Order.Continue(WEB));
    }

    @Test
    void knowsHowLongSomebodyHasOutlivedItsEnd() {
        assertThat(state.overdueNs(500)).isZero();
        state.feed(100, 200, List.of(WEB));
        state.feed(Long.MAX_VALUE, Long.MAX_VALUE, List.of(MAIL));
        assertThat(state.overdueNs(200)).isZero();
        assertThat(state.overdueNs(207)).isEqualTo(7);
        state.ended(WEB);
        assertThat(state.overdueNs(500)).isZero();
    }

    @Test
    void sleepsNoLongerThanToTheNextDeadline() {
        assertThat(state.quietNs(0, 50)).isEqualTo(50);
        state.feed(30, 200, List.of(WEB));
        assertThat(state.quietNs(0, 50)).isEqualTo(30);
        assertThat(state.quietNs(180, 50)).isEqualTo(20);
        assertThat(state.quietNs(200, 50)).isEqualTo(50);
    }

    @Test
    void saysHowLateItIs() {
        state.feed(100, 200, List.of(WEB));
        assertThat(state.lateNs(new Order.Pause(WEB), 107)).isEqualTo(7);
        assertThat(state.lateNs(new Order.Kill(WEB), 207)).isEqualTo(7);
        assertThat(state.lateNs(new Order.Kill(MAIL), 207)).isZero();
    }

    /// Whatever feeds come in whatever order, and however orders fail: at no time is a guest told to go on past the
    /// newest deadline it was fed, and from that deadline on there is always an order to stop or end it.
    @Test
    void neverLetsAGuestRunPastItsDeadline() {
        for (long seed = 0; seed < 5_000; seed++) {
            Random random = new Random(seed);
            GuardState played = new GuardState();
            Map<GuardedProcess, Long> fed = new HashMap<>();
            long now = 0;
            for (int step = 0; step < 40; step++) {
                now += random.nextInt(60);
                if (random.nextInt(3) == 0) {
                    List<GuardedProcess> named = new ArrayList<>(List.of(WEB, MAIL));
                    named.removeIf(_ -> random.nextInt(3) == 0);
                    long pauseAt = now - 50 + random.nextInt(150);
                    long killAt = pauseAt + 1 + random.nextInt(80);
                    if (random.nextInt(3) == 0) {
                        played.cap(pauseAt, killAt, named);
                        named.forEach(process -> fed.merge(process, pauseAt, Math::min));
                    } else {
                        played.feed(pauseAt, killAt, named);
                        named.forEach(process -> fed.put(process, pauseAt));
                    }
                }
                List<Order> due = played.due(now);
                for (Map.Entry<GuardedProcess, Long> entry : fed.entrySet()) {
                    boolean over = now >= entry.getValue();
                    List<Order> own = due.stream()
                            .filter(order -> order.target().equals(entry.getKey()))
                            .toList();
                    assertThat(own.stream().anyMatch(order -> !(order instanceof Order.Continue)))
                            .as("seed %d, step %d", seed, step)
                            .isEqualTo(over);
                }
                due.stream().filter(_ -> random.nextInt(4) != 0).forEach(played::done);
            }
        }
    }
}
