package io.godwit.storage.handover;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Walks every record in every state against every event, and compares with the table written out here.
class OwnerTransitionsTest {
    private static final UUID OLD_CAUSE = new UUID(0, 1);
    private static final UUID MIGRATION = new UUID(0, 2);
    private static final UUID OTHER_MIGRATION = new UUID(0, 3);
    private static final UUID CLAIM = new UUID(0, 4);
    private static final long EPOCH = 7;

    private static final Map<String, @Nullable OwnerContent> RECORDS = records();
    private static final Map<String, OwnerEvent> EVENTS = events();

    /// Host alpha asks, always. Whatever is not here is refused.
    private static final Map<String, String> LEGAL = Map.ofEntries(
            Map.entry("none + claim", "RUNNING alpha 1 with claims, by claim"),
            Map.entry("STOPPED alpha + claim", "RUNNING alpha 8 with claims, by claim"),
            Map.entry("STOPPED beta + claim", "RUNNING alpha 8 with claims, by claim"),
            Map.entry("RUNNING alpha, by claim + claim", "kept"),
            Map.entry("HANDOVER alpha to beta, by claim + claim", "kept"),
            Map.entry("RUNNING beta + takeOver of beta", "RUNNING alpha 8 with claims, by claim"),
            Map.entry("RUNNING beta, by claim + takeOver of beta", "RUNNING alpha 8 with claims, by claim"),
            Map.entry("RUNNING beta, by m + takeOver of beta", "RUNNING alpha 8 with claims, by claim"),
            Map.entry("HANDOVER beta to alpha + takeOver of beta", "RUNNING alpha 8 with claims, by claim"),
            Map.entry("HANDOVER beta to alpha, other + takeOver of beta", "RUNNING alpha 8 with claims, by claim"),
            Map.entry("HANDOVER beta to gamma + takeOver of beta", "RUNNING alpha 8 with claims, by claim"),
            Map.entry("RUNNING alpha, by claim + takeOver of beta", "kept"),
            Map.entry("HANDOVER alpha to beta, by claim + takeOver of beta", "kept"),
            Map.entry("RUNNING alpha, by claim + takeOver of beta, an older epoch", "kept"),
            Map.entry("HANDOVER alpha to beta, by claim + takeOver of beta, an older epoch", "kept"),
            Map.entry("RUNNING alpha, by claim + takeOver of gamma", "kept"),
            Map.entry("HANDOVER alpha to beta, by claim + takeOver of gamma", "kept"),
            Map.entry("RUNNING alpha, by claim + takeOver of alpha", "kept"),
            Map.entry("HANDOVER alpha to beta, by claim + takeOver of alpha", "kept"),
            Map.entry("STOPPED alpha + forget", "removed"),
            Map.entry("STOPPED beta + forget", "removed"),
            Map.entry("STOPPED alpha + stop", "kept"),
            Map.entry("RUNNING alpha + stop", "STOPPED alpha 7, by old"),
            Map.entry("RUNNING alpha, by claim + stop", "STOPPED alpha 7, by claim"),
            Map.entry("RUNNING alpha, by m + stop", "STOPPED alpha 7, by m"),
            Map.entry("RUNNING alpha + begin", "HANDOVER alpha to beta m 7, by old"),
            Map.entry("RUNNING alpha, by claim + begin", "HANDOVER alpha to beta m 7, by claim"),
            Map.entry("HANDOVER alpha to beta + begin", "kept"),
            Map.entry("HANDOVER alpha to beta, by claim + begin", "kept"),
            Map.entry("RUNNING alpha, by m + begin", "kept"),
            Map.entry("RUNNING beta, by m + begin", "kept"),
            Map.entry("RUNNING alpha + takeBack", "kept and fenced"),
            Map.entry("RUNNING alpha, by claim + takeBack", "kept and fenced"),
            Map.entry("RUNNING alpha, by m + takeBack", "kept and fenced"),
            Map.entry("HANDOVER alpha to beta + takeBack", "RUNNING alpha 7, by old"),
            Map.entry("HANDOVER alpha to beta, by claim + takeBack", "RUNNING alpha 7, by claim"),
            Map.entry("HANDOVER alpha to beta, other + takeBack", "RUNNING alpha 7, by old"),
            Map.entry("RUNNING alpha + takeBack of unknown epoch", "kept and fenced"),
            Map.entry("RUNNING alpha, by claim + takeBack of unknown epoch", "kept and fenced"),
            Map.entry("RUNNING alpha, by m + takeBack of unknown epoch", "kept and fenced"),
            Map.entry("HANDOVER alpha to beta + takeBack of unknown epoch", "RUNNING alpha 7, by old"),
            Map.entry("HANDOVER alpha to beta, by claim + takeBack of unknown epoch", "RUNNING alpha 7, by claim"),
            Map.entry("HANDOVER alpha to beta, other + takeBack of unknown epoch", "RUNNING alpha 7, by old"),
            Map.entry("RUNNING alpha + settle", "kept and fenced"),
            Map.entry("RUNNING alpha, by claim + settle", "kept and fenced"),
            Map.entry("RUNNING alpha, by m + settle", "kept and fenced"),
            Map.entry("HANDOVER alpha to beta + settle", "RUNNING alpha 7, by old"),
            Map.entry("HANDOVER alpha to beta, by claim + settle", "RUNNING alpha 7, by claim"),
            Map.entry("HANDOVER alpha to beta, other + settle", "RUNNING alpha 7, by old"),
            Map.entry("HANDOVER beta to alpha + commit", "RUNNING alpha 8 with claims, by m"),
            Map.entry("RUNNING alpha, by m + commit", "kept"));

    @Test
    void everyStateMeetsEveryEvent() {
        Map<String, String> allowed = new LinkedHashMap<>();
        RECORDS.forEach((recordName, content) -> EVENTS.forEach((eventName, event) -> {
            OwnerView view = content == null ? OwnerView.absent() : new OwnerView(content, 3, List.of());
            String outcome = describe(OwnerTransitions.apply(view, event));
            if (!outcome.startsWith("refused")) {
                allowed.put(recordName + " + " + eventName, outcome);
            }
        }));
        assertThat(allowed).containsExactlyInAnyOrderEntriesOf(LEGAL);
    }

    @Test
    void theEpochGrowsExactlyWhereTheOwnerOrTheStartChanges() {
        Set<String> growing = new TreeSet<>();
        RECORDS.forEach((recordName, content) -> EVENTS.forEach((eventName, event) -> {
            if (content != null
                    && OwnerTransitions.apply(new OwnerView(content, 3, List.of()), event)
                            instanceof OwnerOutcome.Change(OwnerContent next, boolean claims)) {
                assertThat(next.record().epoch()).isBetween(EPOCH, EPOCH + 1);
                assertThat(claims).isEqualTo(next.record().epoch() > EPOCH);
                if (!next.record().host().equals(content.record().host())) {
                    assertThat(next.record().epoch()).isEqualTo(EPOCH + 1);
                }
                if (next.record().epoch() > EPOCH) {
                    growing.add(eventName);
                }
            }
        }));
        assertThat(growing).containsExactly("claim", "commit", "takeOver of beta");
    }

    @Test
    void whatIsStartedStartsAboveEveryEpochThatWasRetired() {
        OwnerView nothing = new OwnerView(null, OwnerView.ABSENT, List.of(), 41);
        assertThat(describe(OwnerTransitions.apply(nothing, event("claim"))))
                .isEqualTo("RUNNING alpha 42 with claims, by claim");
        OwnerView stopped = new OwnerView(record("STOPPED beta"), 3, List.of(), 41);
        assertThat(describe(OwnerTransitions.apply(stopped, event("claim"))))
                .isEqualTo("RUNNING alpha 42 with claims, by claim");
        OwnerView longAgo = new OwnerView(record("STOPPED beta"), 3, List.of(), EPOCH - 2);
        assertThat(describe(OwnerTransitions.apply(longAgo, event("claim"))))
                .isEqualTo("RUNNING alpha 8 with claims, by claim");
        // Images stay with the guest, so nothing of theirs was retired: whoever prepares for the epoch can foretell it.
        OwnerView handover = new OwnerView(record("HANDOVER beta to alpha"), 3, List.of(), 41);
        assertThat(describe(OwnerTransitions.apply(handover, event("commit"))))
                .isEqualTo("RUNNING alpha 8 with claims, by m");
        assertThat(OwnerTransitions.apply(stopped, event("forget"))).isEqualTo(new OwnerOutcome.Remove(EPOCH));
    }

    @Test
    void whatAnotherGuestOwnsIsRefusedAndTheOwnerRecordFenced() {
        List<String> foreign = List.of("Image /a.img belongs to guest web2");
        List<OwnerOutcome> outcomes = new ArrayList<>();
        outcomes.add(OwnerTransitions.apply(new OwnerView(null, OwnerView.ABSENT, foreign), event("claim")));
        outcomes.add(OwnerTransitions.apply(new OwnerView(record("STOPPED beta"), 3, foreign), event("claim")));
        outcomes.add(
                OwnerTransitions.apply(new OwnerView(record("HANDOVER beta to alpha"), 3, foreign), event("commit")));
        outcomes.add(
                OwnerTransitions.apply(new OwnerView(record("RUNNING beta"), 3, foreign), event("takeOver of beta")));
        assertThat(outcomes).hasSize(4).allSatisfy(outcome -> {
            assertThat(outcome).isInstanceOf(OwnerOutcome.Refuse.class);
            OwnerOutcome.Refuse refusal = (OwnerOutcome.Refuse) outcome;
            assertThat(refusal.reason()).contains("guest web2");
            assertThat(refusal.fence()).isTrue();
        });
    }

    @Test
    void aHandoverNeverGoesToTheOwnerItself() {
        OwnerEvent toItself = new OwnerEvent.BeginHandover("web1", "alpha", EPOCH, "alpha", MIGRATION);
        OwnerView running = new OwnerView(record("RUNNING alpha"), 3, List.of());
        assertThat(OwnerTransitions.apply(running, toItself)).isInstanceOf(OwnerOutcome.Refuse.class);
    }

    @Test
    void aCopyOfAnotherEpochIsNotTakenBack() {
        OwnerEvent late = new OwnerEvent.TakeBack("web1", "alpha", MIGRATION, OptionalLong.of(EPOCH - 2));
        OwnerView running = new OwnerView(record("RUNNING alpha"), 3, List.of());
        assertThat(OwnerTransitions.apply(running, late)).isInstanceOf(OwnerOutcome.Refuse.class);
    }

    private static OwnerContent record(String name) {
        return Objects.requireNonNull(RECORDS.get(name));
    }

    private static OwnerEvent event(String name) {
        return Objects.requireNonNull(EVENTS.get(name));
    }

    private static String describe(OwnerOutcome outcome) {
        return switch (outcome) {
            case OwnerOutcome.Change(OwnerContent next, boolean claims) ->
                describe(next.record()) + (claims ? " with claims" : "") + ", by " + cause(next.cause());
            case OwnerOutcome.Remove(long retires) -> {
                assertThat(retires).isEqualTo(EPOCH);
                yield "removed";
            }
            case OwnerOutcome.Keep(OwnerContent _, boolean fence) -> fence ? "kept and fenced" : "kept";
            case OwnerOutcome.Refuse refusal -> "refused: " + refusal.reason();
        };
    }

    private static String describe(OwnerRecord record) {
        return switch (record.state()) {
            case OwnerState.Running _ -> "RUNNING " + record.host() + " " + record.epoch();
            case OwnerState.Stopped _ -> "STOPPED " + record.host() + " " + record.epoch();
            case OwnerState.Handover(String target, UUID migration) ->
                "HANDOVER " + record.host() + " to " + target + " " + cause(migration) + " " + record.epoch();
        };
    }

    private static String cause(UUID cause) {
        if (cause.equals(CLAIM)) {
            return "claim";
        }
        return cause.equals(MIGRATION) ? "m" : "old";
    }

    private static Map<String, @Nullable OwnerContent> records() {
        Map<String, @Nullable OwnerContent> records = new LinkedHashMap<>();
        records.put("none", null);
        for (String host : List.of("alpha", "beta")) {
            String other = host.equals("alpha") ? "beta" : "alpha";
            records.put("STOPPED " + host, content(host, new OwnerState.Stopped(), OLD_CAUSE));
            records.put("RUNNING " + host, content(host, new OwnerState.Running(), OLD_CAUSE));
            records.put("RUNNING " + host + ", by claim", content(host, new OwnerState.Running(), CLAIM));
            records.put("RUNNING " + host + ", by m", content(host, new OwnerState.Running(), MIGRATION));
            OwnerState handover = new OwnerState.Handover(other, MIGRATION);
            records.put("HANDOVER " + host + " to " + other, content(host, handover, OLD_CAUSE));
            records.put("HANDOVER " + host + " to " + other + ", by claim", content(host, handover, CLAIM));
            OwnerState otherHandover = new OwnerState.Handover(other, OTHER_MIGRATION);
            records.put("HANDOVER " + host + " to " + other + ", other", content(host, otherHandover, OLD_CAUSE));
        }
        records.put("HANDOVER beta to gamma", content("beta", new OwnerState.Handover("gamma", MIGRATION), OLD_CAUSE));
        records.remove("HANDOVER beta to alpha, by claim");
        return records;
    }

    private static Map<String, OwnerEvent> events() {
        Map<String, OwnerEvent> events = new LinkedHashMap<>();
        events.put("claim", new OwnerEvent.Claim("web1", "alpha", "boot", CLAIM));
        events.put("takeOver of beta", takeOver("beta", EPOCH));
        events.put("takeOver of beta, an older epoch", takeOver("beta", EPOCH - 1));
        events.put("takeOver of gamma", takeOver("gamma", EPOCH));
        events.put("takeOver of alpha", takeOver("alpha", EPOCH));
        events.put("stop", new OwnerEvent.Stop("web1", "alpha", EPOCH));
        events.put("stop of an older epoch", new OwnerEvent.Stop("web1", "alpha", EPOCH - 1));
        events.put("forget", new OwnerEvent.Forget("web1", "alpha"));
        events.put("begin", new OwnerEvent.BeginHandover("web1", "alpha", EPOCH, "beta", MIGRATION));
        events.put("takeBack", new OwnerEvent.TakeBack("web1", "alpha", MIGRATION, OptionalLong.of(EPOCH)));
        events.put(
                "takeBack of unknown epoch", new OwnerEvent.TakeBack("web1", "alpha", MIGRATION, OptionalLong.empty()));
        events.put(
                "takeBack of an older epoch",
                new OwnerEvent.TakeBack("web1", "alpha", MIGRATION, OptionalLong.of(EPOCH - 1)));
        events.put("commit", new OwnerEvent.Commit("web1", "alpha", "boot", MIGRATION));
        events.put("settle", new OwnerEvent.Settle("web1", "alpha"));
        return events;
    }

    private static OwnerEvent takeOver(String dead, long epoch) {
        return new OwnerEvent.TakeOver("web1", "alpha", "boot", dead, 5, epoch, CLAIM);
    }

    private static OwnerContent content(String host, OwnerState state, UUID cause) {
        return new OwnerContent(new OwnerRecord(host, "boot", EPOCH, state), cause);
    }
}
