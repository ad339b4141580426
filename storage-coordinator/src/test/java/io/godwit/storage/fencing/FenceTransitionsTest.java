package io.godwit.storage.fencing;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.storage.fencing.FenceRequest.Activate;
import io.godwit.storage.fencing.FenceRequest.Prepare;
import io.godwit.storage.fencing.FenceRequest.Withdraw;
import io.godwit.storage.fencing.FenceState.Presence;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FenceTransitionsTest {
    private static final Grant ONE = new Grant(1, new UUID(0, 1));
    private static final Grant TWO = new Grant(2, new UUID(0, 2));
    private static final Grant OTHER_TWO = new Grant(2, new UUID(0, 3));
    private static final Grant THREE = new Grant(3, new UUID(0, 4));
    private static final List<Grant> GRANTS = List.of(ONE, TWO, OTHER_TWO, THREE);
    private static final int STATES_MIN = 10_000;

    private FenceState state = FenceState.begin(null);

    private List<FenceAction> on(FenceEvent event) {
        FenceStep step = FenceTransitions.apply(state, event);
        state = step.next();
        return step.actions();
    }

    private List<FenceAction> ask(FenceRequest request) {
        return on(new FenceEvent.Asked(request));
    }

    private void begin(Mark mark, Grant... present) {
        state = FenceState.begin(mark);
        on(new FenceEvent.DaemonBack(Set.of(present)));
    }

    @Test
    void anActivationIsRememberedThenRevokesThenGrantsThenAnswers() {
        begin(new Mark(ONE, true), ONE);

        assertThat(ask(new Activate(7, TWO))).containsExactly(new FenceAction.Remember(new Mark(TWO, true)));
        assertThat(on(new FenceEvent.Remembered(new Mark(TWO, true)))).containsExactly(new FenceAction.Remove(ONE));
        assertThat(on(new FenceEvent.Gone(ONE))).containsExactly(new FenceAction.Add(TWO));
        assertThat(on(new FenceEvent.Added(TWO))).containsExactly(new FenceAction.Answer(7));
    }

    @Test
    void aPreparationDisturbsNoActiveExportAndIsKeptByItsActivation() {
        begin(new Mark(ONE, true), ONE);

        assertThat(ask(new Prepare(1, TWO))).containsExactly(new FenceAction.Add(TWO));
        assertThat(on(new FenceEvent.Added(TWO))).containsExactly(new FenceAction.Answer(1));
        assertThat(state.exports()).containsOnlyKeys(ONE, TWO);

        ask(new Activate(2, TWO));
        assertThat(on(new FenceEvent.Remembered(new Mark(TWO, true)))).containsExactly(new FenceAction.Remove(ONE));
        assertThat(on(new FenceEvent.Gone(ONE))).containsExactly(new FenceAction.Answer(2));
    }

    @Test
    void anotherCauseOfTheSameEpochReplacesWhatIsOnlyPrepared() {
        begin(new Mark(ONE, true), ONE, TWO);

        assertThat(ask(new Prepare(1, OTHER_TWO))).containsExactly(new FenceAction.Remove(TWO));
        assertThat(on(new FenceEvent.Gone(TWO))).containsExactly(new FenceAction.Add(OTHER_TWO));
    }

    @Test
    void anotherCauseOfTheActivatedEpochIsRefusedForGood() {
        begin(new Mark(TWO, true), TWO);

        assertThat(ask(new Prepare(1, OTHER_TWO))).satisfiesExactly(this::isFinal);
        assertThat(ask(new Activate(2, OTHER_TWO))).satisfiesExactly(this::isFinal);
        assertThat(ask(new Activate(3, ONE))).satisfiesExactly(this::isFinal);
    }

    @Test
    void anActivationThatIsRepeatedIsAnsweredAtOnce() {
        begin(new Mark(TWO, true), TWO);

        assertThat(ask(new Activate(1, TWO))).containsExactly(new FenceAction.Answer(1));
    }

    @Test
    void aNewerActivationOvertakesOneThatWaitsForTheFormerOwnersRequests() {
        begin(new Mark(ONE, true), ONE);
        ask(new Activate(1, TWO));
        on(new FenceEvent.Remembered(new Mark(TWO, true)));

        assertThat(ask(new Activate(2, THREE)))
                .hasSize(2)
                .satisfiesOnlyOnce(action -> assertThat(action).isInstanceOf(FenceAction.Refuse.class))
                .contains(new FenceAction.Remember(new Mark(THREE, true)));
        assertThat(on(new FenceEvent.Remembered(new Mark(THREE, true)))).isEmpty();
        assertThat(on(new FenceEvent.Gone(ONE))).containsExactly(new FenceAction.Add(THREE));
        assertThat(on(new FenceEvent.Added(THREE))).containsExactly(new FenceAction.Answer(2));
    }

    @Test
    void anActivationThatIsNotOnTheDiskTakesNothingAway() {
        begin(new Mark(ONE, true), ONE);
        ask(new Activate(1, TWO));

        assertThat(on(new FenceEvent.NotRemembered(new Mark(TWO, true), "disk full")))
                .satisfiesExactly(action -> assertThat(action)
                        .isInstanceOfSatisfying(
                                FenceAction.Refuse.class,
                                refuse -> assertThat(refuse.again()).isTrue()));
        assertThat(state.exports()).containsOnlyKeys(ONE);
        assertThat(ask(new Activate(2, TWO))).containsExactly(new FenceAction.Remember(new Mark(TWO, true)));
    }

    @Test
    void aWithdrawnOwnerIsNotServedAgainAfterACrash() {
        begin(new Mark(ONE, true), ONE);

        assertThat(ask(new Withdraw(1, ONE))).containsExactly(new FenceAction.Remove(ONE));
        assertThat(on(new FenceEvent.Gone(ONE))).containsExactly(new FenceAction.Remember(new Mark(ONE, false)));
        assertThat(on(new FenceEvent.Remembered(new Mark(ONE, false)))).containsExactly(new FenceAction.Answer(1));

        state = FenceState.begin(new Mark(ONE, false));
        assertThat(on(new FenceEvent.DaemonBack(Set.of()))).isEmpty();
    }

    @Test
    void aDaemonThatComesBackIsGivenTheActiveExportAndNoOther() {
        begin(new Mark(TWO, true), TWO, THREE);
        on(new FenceEvent.DaemonLost("killed"));

        assertThat(on(new FenceEvent.DaemonBack(Set.of()))).containsExactly(new FenceAction.Add(TWO));
    }

    @Test
    void whatACrashLeftHalfDoneIsFinishedFromTheDisk() {
        state = FenceState.begin(new Mark(TWO, true));

        assertThat(on(new FenceEvent.DaemonBack(Set.of(ONE, OTHER_TWO))))
                .containsExactly(new FenceAction.Remove(ONE), new FenceAction.Remove(OTHER_TWO));
        assertThat(on(new FenceEvent.Gone(ONE))).isEmpty();
        assertThat(on(new FenceEvent.Gone(OTHER_TWO))).containsExactly(new FenceAction.Add(TWO));
    }

    @Test
    void anExportThatCannotComeBackIsTriedAgainAtARetryOnly() {
        begin(new Mark(ONE, true));

        assertThat(on(new FenceEvent.NotAdded(ONE, "no such file"))).isEmpty();
        assertThat(on(new FenceEvent.Retry())).containsExactly(new FenceAction.Add(ONE));
    }

    @Test
    void withoutADaemonEverythingIsRefusedForNow() {
        on(new FenceEvent.DaemonLost("killed"));

        assertThat(ask(new Activate(1, ONE)))
                .satisfiesExactly(action -> assertThat(action)
                        .isInstanceOfSatisfying(
                                FenceAction.Refuse.class,
                                refuse -> assertThat(refuse.again()).isTrue()));
    }

    private void isFinal(FenceAction action) {
        assertThat(action)
                .isInstanceOfSatisfying(
                        FenceAction.Refuse.class,
                        refuse -> assertThat(refuse.again()).isFalse());
    }

    /// Every state that can be reached with four grants, met with every event that can happen in it.
    @Test
    void inEveryReachableStateEveryEventKeepsTheInvariant() {
        Set<FenceState> known = new HashSet<>();
        Deque<FenceState> open = new ArrayDeque<>();
        List<Mark> disks = new ArrayList<>();
        GRANTS.forEach(grant -> {
            disks.add(new Mark(grant, true));
            disks.add(new Mark(grant, false));
        });
        open.add(FenceState.begin(null));
        disks.forEach(mark -> open.add(FenceState.begin(mark)));
        known.addAll(open);
        while (!open.isEmpty()) {
            FenceState before = open.remove();
            for (FenceEvent event : possible(before)) {
                FenceStep step = FenceTransitions.apply(before, event);
                check(before, event, step);
                if (known.add(step.next())) {
                    open.add(step.next());
                }
            }
        }
        assertThat(known).hasSizeGreaterThan(STATES_MIN);
    }

    private static List<FenceEvent> possible(FenceState state) {
        List<FenceEvent> events = new ArrayList<>(List.of(new FenceEvent.DaemonLost("x"), new FenceEvent.Retry()));
        for (Grant grant : GRANTS) {
            events.add(new FenceEvent.Asked(new Prepare(1, grant)));
            events.add(new FenceEvent.Asked(new Activate(1, grant)));
            events.add(new FenceEvent.Asked(new Withdraw(1, grant)));
            Presence presence = state.exports().get(grant);
            if (presence == Presence.ADDING) {
                events.add(new FenceEvent.Added(grant));
                events.add(new FenceEvent.NotAdded(grant, "x"));
            } else if (presence == Presence.REMOVING) {
                events.add(new FenceEvent.Gone(grant));
            }
        }
        if (state.request() != null) {
            events.add(new FenceEvent.Abandoned(1));
        }
        if (state.writing() != null) {
            events.add(new FenceEvent.Remembered(state.writing()));
            events.add(new FenceEvent.NotRemembered(state.writing(), "x"));
        }
        if (!state.linked()) {
            events.add(new FenceEvent.DaemonBack(Set.of()));
            events.add(new FenceEvent.DaemonBack(Set.of(ONE, OTHER_TWO)));
            events.add(new FenceEvent.DaemonBack(Set.copyOf(GRANTS)));
        }
        return events;
    }

    private static void check(FenceState before, FenceEvent event, FenceStep step) {
        FenceState after = step.next();
        String what = before + " met " + event + ": " + step;
        assertThat(epoch(after.floor())).as(what).isGreaterThanOrEqualTo(epoch(before.floor()));
        assertThat(epoch(after.mark() == null ? null : after.mark().grant()))
                .as(what)
                .isGreaterThanOrEqualTo(
                        epoch(before.mark() == null ? null : before.mark().grant()));
        for (FenceAction action : step.actions()) {
            switch (action) {
                case FenceAction.Add(Grant grant) -> {
                    boolean active = after.mark() != null && after.mark().equals(new Mark(grant, true));
                    boolean above = after.floor() == null
                            || grant.epoch() > after.floor().epoch();
                    assertThat(active || above).as(what).isTrue();
                }
                case FenceAction.Answer _ -> checkAnswer(before, event, after, what);
                case FenceAction.Remember(Mark mark) ->
                    assertThat(after.writing()).as(what).isEqualTo(mark);
                case FenceAction.Remove(Grant grant) ->
                    assertThat(after.exports()).as(what).containsEntry(grant, Presence.REMOVING);
                case FenceAction.Refuse _ -> {}
            }
        }
        if (after.request() != null && after.linked()) {
            boolean underWay = after.writing() != null
                    || after.exports().containsValue(Presence.ADDING)
                    || after.exports().containsValue(Presence.REMOVING);
            assertThat(underWay).as("nobody waits for nothing: " + what).isTrue();
        }
    }

    private static long epoch(@Nullable Grant grant) {
        return grant == null ? 0 : grant.epoch();
    }

    private static void checkAnswer(FenceState before, FenceEvent event, FenceState after, String what) {
        FenceRequest answered = event instanceof FenceEvent.Asked(FenceRequest asked) ? asked : before.request();
        switch (answered) {
            case Activate(long _, Grant grant) -> {
                assertThat(after.mark()).as(what).isEqualTo(new Mark(grant, true));
                assertThat(after.exports()).as(what).isEqualTo(Map.of(grant, Presence.THERE));
            }
            case Prepare(long _, Grant grant) ->
                assertThat(after.exports()).as(what).containsEntry(grant, Presence.THERE);
            case Withdraw(long _, Grant grant) -> {
                assertThat(after.exports()).as(what).doesNotContainKey(grant);
                assertThat(after.mark()).as(what).isNotEqualTo(new Mark(grant, true));
            }
            case null -> throw new AssertionError("An answer to nobody: " + what);
        }
    }
}
