package io.godwit.storage.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.storage.Debt;
import io.godwit.storage.HostEntry;
import io.godwit.storage.HostEntry.HostState;
import io.godwit.storage.HostSighting;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.failover.FailoverAction.AskStart;
import io.godwit.storage.failover.FailoverAction.AskTakeover;
import io.godwit.storage.failover.FailoverAction.Log;
import io.godwit.storage.failover.FailoverAction.Note;
import io.godwit.storage.placement.Demand;
import io.godwit.storage.placement.RestartPolicy;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Host h1 is the one that dies.
class FailoverTest {
    private static final long WAIT_MS = 1_800;
    private static final Debt TRIED_ONCE = Debt.NONE_TRIED.tried();
    private static final OwnerState RUNNING = new OwnerState.Running();

    private final Failover failover = new Failover(FailoverLimits.DEFAULT);

    @Test
    void aDeadHostsGuestIsTakenOverWhenTheWaitIsOverAndNotBefore() {
        ClusterView view = view(List.of(dead(7), alive("h2")), guest("web1"));
        assertThat(asks(observe(view, 10_000))).isEmpty();
        assertThat(asks(observe(view, 10_000 + WAIT_MS - 1))).isEmpty();
        assertThat(asks(observe(view, 10_000 + WAIT_MS)))
                .containsExactly(new AskTakeover("web1", "h2", "h1", 7, 3, TRIED_ONCE));
        assertThat(asks(observe(view, 20_000))).as("asked already").isEmpty();
    }

    @Test
    void theWaitBeginsAnewWhenTheHostWasBackInBetween() {
        observe(view(List.of(dead(7), alive("h2")), guest("web1")), 0);
        observe(view(List.of(alive("h1"), alive("h2")), guest("web1")), 1_000);
        assertThat(asks(observe(view(List.of(dead(7), alive("h2")), guest("web1")), 2_000)))
                .isEmpty();
        // Nobody saw it alive, but its record says that it was.
        assertThat(asks(observe(view(List.of(dead(8), alive("h2")), guest("web1")), 3_000)))
                .isEmpty();
        assertThat(asks(observe(view(List.of(dead(8), alive("h2")), guest("web1")), 3_000 + WAIT_MS - 1)))
                .isEmpty();
        assertThat(asks(observe(view(List.of(dead(8), alive("h2")), guest("web1")), 3_000 + WAIT_MS)))
                .hasSize(1);
    }

    @Test
    void aGuestWhoseImagesRefuseItsFormerOwnerIsNotWaitedFor() {
        GuestFacts fenced = new GuestFacts(demand("web1"), owner("h1", RUNNING), 4, null, true);
        assertThat(asks(observe(view(List.of(dead(7), alive("h2")), fenced, guest("web2")), 0)))
                .containsExactly(new AskTakeover("web1", "h2", "h1", 7, 3, TRIED_ONCE));
    }

    @Test
    void aHandoverThatTheDeadHostLeftIsTakenToo() {
        GuestFacts half = new GuestFacts(
                demand("web1"), owner("h1", new OwnerState.Handover("h3", new UUID(0, 1))), 4, null, false);
        ClusterView view = view(List.of(dead(7), alive("h2"), alive("h3")), half);
        observe(view, 0);
        // It already takes up room on its target.
        assertThat(asks(observe(view, WAIT_MS))).containsExactly(new AskTakeover("web1", "h2", "h1", 7, 3, TRIED_ONCE));
    }

    @Test
    void whatMayNotBeTakenOverIsSaidOnceWithItsReason() {
        HostEntry host = host("h1", HostState.UP, 0, false);
        assertThat(refusal(new HostSighting(host, 7), guest("web1"))).contains("did not enforce its lease");
        host = host("h1", HostState.MAINTENANCE, WAIT_MS, false);
        assertThat(refusal(new HostSighting(host, 7), guest("web2"))).contains("maintenance");
        RestartPolicy leave = new RestartPolicy("", "", 100, false);
        GuestFacts left = new GuestFacts(new Demand("web3", 1 << 20, leave), owner("h1", RUNNING), 4, null, false);
        assertThat(refusal(dead(7), left)).contains("failover = \"leave\"");
        GuestFacts lost = new GuestFacts(demand("web4"), owner("h9", RUNNING), 4, null, false);
        assertThat(refusal(dead(7), lost)).contains("h9 has no record");
    }

    @Test
    void failoverThatIsOffDoesNothingAndGoesOnWhereItWas() {
        ClusterView on = view(List.of(dead(7), alive("h2")), guest("web1"));
        ClusterView off = new ClusterView(false, on.hosts(), on.guests());
        assertThat(asks(observe(off, 0))).isEmpty();
        List<FailoverAction> later = observe(off, 60_000);
        assertThat(later).as("said already, and nothing else").isEmpty();
        assertThat(asks(observe(on, 61_000))).hasSize(1);
    }

    @Test
    void theMoreImportantIsStartedFirstAndNoHostStartsMoreThanItsShare() {
        ClusterView view = view(
                List.of(dead(7), alive("h2")), guest("low", 1), guest("a", 100), guest("high", 1_000), guest("b", 100));
        observe(view, 0);
        assertThat(asks(observe(view, WAIT_MS)))
                .extracting(action -> ((AskTakeover) action).guest())
                .containsExactly("high", "a");
        failover.on(new FailoverEvent.Answered("high", "h2", ""), WAIT_MS + 1);
        ClusterView after = view(
                List.of(dead(7), alive("h2")),
                guest("low", 1),
                guest("a", 100),
                new GuestFacts(demand("high"), owner("h2", RUNNING), 5, null, false),
                guest("b", 100));
        assertThat(asks(observe(after, WAIT_MS + 2)))
                .extracting(action -> ((AskTakeover) action).guest())
                .containsExactly("b");
    }

    @Test
    void aStartThatFailedIsTriedElsewhereLaterAndLaterAndThenGivenUp() {
        List<HostSighting> hosts = List.of(dead(7), alive("h2"), alive("h3"));
        observe(view(hosts, guest("web1")), 0);
        assertThat(asks(observe(view(hosts, guest("web1")), WAIT_MS))).hasSize(1);
        failover.on(new FailoverEvent.Answered("web1", "h2", "no kernel"), 10_000);
        long now = 10_000;
        String[] expected = {"h3", "h2", "h3", "h2"};
        for (int attempt = 1; attempt <= expected.length; attempt++) {
            ClusterView owing = view(hosts, stopped("web1", new Debt(attempt, "no kernel", "")));
            assertThat(asks(observe(owing, now + 999))).isEmpty();
            AskStart ask = null;
            // Where every host has refused, one pass forgets that and a later one asks.
            for (int pass = 0; pass < 40 && ask == null; pass++) {
                now += 1_000;
                List<FailoverAction> asks = asks(observe(owing, now));
                ask = asks.isEmpty() ? null : (AskStart) asks.getFirst();
            }
            assertThat(ask)
                    .isEqualTo(new AskStart("web1", expected[attempt - 1], new Debt(attempt + 1, "no kernel", "")));
            failover.on(new FailoverEvent.Answered("web1", expected[attempt - 1], "no kernel"), now);
        }
        List<FailoverAction> last = observe(view(hosts, stopped("web1", new Debt(5, "no kernel", ""))), now + 60_000);
        assertThat(last)
                .filteredOn(Note.class::isInstance)
                .containsExactly(new Note(
                        "web1",
                        4,
                        new Debt(5, "no kernel", "5 attempts failed, the last because host h2 says: no kernel")));
        assertThat(asks(last)).isEmpty();
        GuestFacts abandoned = stopped("web1", new Debt(5, "no kernel", "5 attempts failed"));
        assertThat(observe(view(hosts, abandoned), now + 120_000)).isEmpty();
        GuestFacts afresh = stopped("web1", Debt.NONE_TRIED);
        assertThat(asks(observe(view(hosts, afresh), now + 121_000))).hasSize(1);
    }

    @Test
    void aGuestThatIsRecoveredBeforeAnybodySawItGivenUpIsTriedAgain() {
        List<HostSighting> hosts = List.of(alive("h2"), alive("h3"));
        GuestFacts owed = stopped("web1", new Debt(1, "", ""));
        long now = 0;
        while (notes(observe(view(hosts, owed), now)).stream()
                .noneMatch(note -> note.debt().abandoned())) {
            for (String host : List.of("h2", "h3")) {
                failover.on(new FailoverEvent.Answered("web1", host, "no kernel"), now);
            }
            now += 1_000;
            assertThat(now).isLessThan(200_000);
        }
        assertThat(asks(observe(view(hosts, stopped("web1", Debt.NONE_TRIED)), now + 1)))
                .hasSize(1);
    }

    @Test
    void aGuestWithoutRoomSaysSoAndWaitsForRoom() {
        GuestFacts big = new GuestFacts(
                new Demand("big", 1L << 40, RestartPolicy.DEFAULT), owner("h1", RUNNING), 4, null, false);
        ClusterView view = view(List.of(dead(7), alive("h2")), big);
        observe(view, 0);
        List<FailoverAction> first = observe(view, WAIT_MS);
        assertThat(first).filteredOn(Note.class::isInstance).singleElement().satisfies(note -> {
            assertThat(((Note) note).debt().lastError()).contains("no host has room: h1 does not answer, h2 has");
            assertThat(((Note) note).debt().abandoned()).isFalse();
        });
        for (long now = WAIT_MS; now < 600_000; now += 500) {
            assertThat(asks(observe(view, now))).isEmpty();
            assertThat(notes(observe(view, now))).noneMatch(note -> note.debt().abandoned());
        }
        HostEntry roomy = new HostEntry("h3", "10.0.0.3", 7, 4, 2L << 40, HostState.UP, true);
        assertThat(asks(observe(view(List.of(dead(7), alive("h2"), new HostSighting(roomy, 1)), big), 602_000)))
                .hasSize(1);
    }

    @Test
    void aHostThatIsBusyStartingIsWaitedForWithoutCountingThatAsAFailure() {
        ClusterView view = view(List.of(dead(7), alive("h2")), guest("a"), guest("b"), guest("c"));
        observe(view, 0);
        assertThat(asks(observe(view, WAIT_MS))).hasSize(2);
        for (long now = WAIT_MS; now < 100_000; now += 500) {
            assertThat(observe(view, now)).isEmpty();
        }
        assertThat(failover.underway()).isEqualTo(2);
    }

    @Test
    void anAnswerOfAHostThatWasNotAskedIsNotHeard() {
        ClusterView view = view(List.of(dead(7), alive("h2")), guest("web1"));
        observe(view, 0);
        observe(view, WAIT_MS);
        failover.on(new FailoverEvent.Answered("web1", "h3", ""), WAIT_MS);
        assertThat(failover.underway()).isEqualTo(1);
    }

    private String refusal(HostSighting dead, GuestFacts guest) {
        ClusterView view = view(List.of(dead, alive("h2")), guest);
        List<FailoverAction> first = observe(view, 0);
        assertThat(observe(view, 100 * WAIT_MS)).isEmpty();
        assertThat(first).singleElement().isInstanceOf(Log.class);
        return ((Log) first.getFirst()).reason();
    }

    private List<FailoverAction> observe(ClusterView view, long nowMs) {
        return failover.on(new FailoverEvent.Observed(view), nowMs);
    }

    private static List<FailoverAction> asks(List<FailoverAction> actions) {
        return actions.stream()
                .filter(action -> action instanceof AskTakeover || action instanceof AskStart)
                .toList();
    }

    private static List<Note> notes(List<FailoverAction> actions) {
        return actions.stream()
                .filter(Note.class::isInstance)
                .map(Note.class::cast)
                .toList();
    }

    private static ClusterView view(List<HostSighting> hosts, GuestFacts... guests) {
        return new ClusterView(true, hosts, List.of(guests));
    }

    private static HostSighting dead(int version) {
        return new HostSighting(host("h1", HostState.UP, WAIT_MS, false), version);
    }

    private static HostSighting alive(String name) {
        return new HostSighting(host(name, HostState.UP, WAIT_MS, true), 1);
    }

    private static HostEntry host(String name, HostState state, long waitMs, boolean alive) {
        return new HostEntry(name, "127.0.0.1", 1, 2, 1L << 30, state, waitMs, alive);
    }

    private static GuestFacts guest(String name) {
        return guest(name, RestartPolicy.PRIORITY_DEFAULT);
    }

    private static GuestFacts guest(String name, int priority) {
        RestartPolicy policy = new RestartPolicy("", "", priority, true);
        return new GuestFacts(new Demand(name, 1 << 20, policy), owner("h1", RUNNING), 4, null, false);
    }

    private static GuestFacts stopped(String name, @Nullable Debt debt) {
        return new GuestFacts(demand(name), owner("h2", new OwnerState.Stopped()), 4, debt, false);
    }

    private static Demand demand(String name) {
        return new Demand(name, 1 << 20, RestartPolicy.DEFAULT);
    }

    private static OwnerRecord owner(String host, OwnerState state) {
        return new OwnerRecord(host, "boot", 3, state);
    }
}
