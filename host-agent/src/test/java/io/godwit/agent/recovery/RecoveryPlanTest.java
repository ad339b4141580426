package io.godwit.agent.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.godwit.agent.recovery.Finding.State;
import io.godwit.agent.recovery.Finding.What;
import io.godwit.agent.recovery.RecoveryPlan.Action;
import io.godwit.agent.recovery.RecoveryPlan.Step;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The host in question is always `h1`.
class RecoveryPlanTest {
    private static final long EPOCH = 7;
    private static final UUID MIGRATION = new UUID(1, 2);

    /// Every record there can be, seen from `h1`.
    private static final Map<String, Optional<OwnerRecord>> RECORDS = Map.of(
            "owner", record("h1", new OwnerState.Running()),
            "source", record("h1", new OwnerState.Handover("h2", MIGRATION)),
            "target", record("h2", new OwnerState.Handover("h1", MIGRATION)),
            "bystander", record("h2", new OwnerState.Handover("h3", MIGRATION)),
            "foreign", record("h2", new OwnerState.Running()),
            "stoppedHere", record("h1", new OwnerState.Stopped()),
            "stoppedElsewhere", record("h2", new OwnerState.Stopped()),
            "none", Optional.empty());

    /// Everything a host can have.
    private static final Map<String, What> FINDINGS = Map.ofEntries(
            Map.entry("silent", new What.Silent("It does not answer")),
            Map.entry("busy", new What.Busy("is migrating to h2")),
            Map.entry("nothing", new What.NoProcess(false)),
            Map.entry("leftovers", new What.NoProcess(true)),
            Map.entry("mute", new What.Mute()),
            Map.entry("running", new What.Live(State.RUNNING, EPOCH, 0)),
            Map.entry("runningUnmanaged", new What.Live(State.RUNNING, 0, 0)),
            Map.entry("runningInOlderEpoch", new What.Live(State.RUNNING, EPOCH - 1, 0)),
            Map.entry("pausedByOperator", new What.Live(State.PAUSED, EPOCH, EPOCH)),
            Map.entry("pausedByOperatorUnmanaged", new What.Live(State.PAUSED, 0, EPOCH)),
            Map.entry("pausedByOperatorLongAgo", new What.Live(State.PAUSED, EPOCH, EPOCH - 1)),
            Map.entry("paused", new What.Live(State.PAUSED, EPOCH, 0)),
            Map.entry("incoming", new What.Live(State.INCOMING, 0, 0)),
            Map.entry("ended", new What.Live(State.ENDED, EPOCH, 0)));

    @ParameterizedTest
    @CsvSource(textBlock = """
            # found                    , owner         , source        , anybodyElse     , none
            silent                     , UNANSWERED    , UNANSWERED    , UNANSWERED      , UNANSWERED
            busy                       , WAIT          , WAIT          , WAIT            , WAIT
            nothing                    , RECORD_STOPPED, RECORD_STOPPED, NONE            , NONE
            leftovers                  , RECORD_STOPPED, RECORD_STOPPED, REMOVE_LEFTOVERS, REMOVE_LEFTOVERS
            mute                       , REFUSE        , REFUSE        , REFUSE          , REFUSE
            running                    , NONE          , TAKE_BACK     , DESTROY         , REFUSE
            runningUnmanaged           , TAKE_CHARGE   , TAKE_BACK     , DESTROY         , REFUSE
            runningInOlderEpoch        , TAKE_CHARGE   , TAKE_BACK     , DESTROY         , REFUSE
            pausedByOperator           , NONE          , TAKE_BACK     , DESTROY         , REFUSE
            pausedByOperatorUnmanaged  , TAKE_CHARGE   , TAKE_BACK     , DESTROY         , REFUSE
            pausedByOperatorLongAgo    , RESUME        , TAKE_BACK     , DESTROY         , REFUSE
            paused                     , RESUME        , TAKE_BACK     , DESTROY         , REFUSE
            incoming                   , RECORD_STOPPED, RECORD_STOPPED, DESTROY         , REFUSE
            ended                      , END           , END           , DESTROY         , REFUSE
            """)
    void everyFindingMeetsEveryRecord(String found, Action owner, Action source, Action anybodyElse, Action none) {
        assertThat(action("owner", found)).isEqualTo(owner);
        assertThat(action("source", found)).isEqualTo(source);
        assertThat(List.of("target", "bystander", "foreign", "stoppedHere", "stoppedElsewhere"))
                .allSatisfy(record -> assertThat(action(record, found)).isEqualTo(anybodyElse));
        assertThat(action("none", found)).isEqualTo(none);
    }

    @Test
    void nothingIsEverDoneToWhatTheRecordNamesExceptToRunIt() {
        for (String found : FINDINGS.keySet()) {
            assertThat(action("owner", found)).isNotEqualTo(Action.DESTROY);
            assertThat(action("source", found)).isNotEqualTo(Action.DESTROY);
        }
    }

    @Test
    void ofAllHostsAtMostOneIsMadeToRunTheGuest() {
        for (Optional<OwnerRecord> record : RECORDS.values()) {
            for (What here : FINDINGS.values()) {
                for (What there : FINDINGS.values()) {
                    List<Step> steps =
                            RecoveryPlan.of(record, List.of(new Finding("h1", here), new Finding("h2", there)));
                    assertThat(steps.stream().filter(RecoveryPlanTest::runs))
                            .as("%s with %s and %s", record, here, there)
                            .hasSizeLessThanOrEqualTo(1);
                }
            }
        }
    }

    @Test
    void everyStepSaysWhy() {
        for (Optional<OwnerRecord> record : RECORDS.values()) {
            List<Finding> findings = new ArrayList<>();
            FINDINGS.values().forEach(what -> findings.add(new Finding("h1", what)));
            assertThat(RecoveryPlan.of(record, findings))
                    .allSatisfy(step -> assertThat(step.reason()).endsWith("."));
        }
    }

    @Test
    void whoeverIsSilentIsNamedWithWhatToDo() {
        Finding silent = new Finding("h1", new What.Silent("It does not answer"));
        assertThat(reason("source", silent)).contains("take the guest back").contains("start its agent");
        assertThat(reason("owner", silent)).contains("the guest is this host's: start its agent");
        assertThat(reason("foreign", silent)).contains("may hold a copy");
    }

    @Test
    void anOwnerThatIsNoHostOfTheClusterIsNamedToo() {
        Finding other = new Finding("h1", new What.NoProcess(false));
        assertThat(RecoveryPlan.of(recordOf("foreign"), List.of(other)))
                .extracting(Step::host, Step::action)
                .containsExactly(tuple("h1", Action.NONE), tuple("h2", Action.UNANSWERED));
        assertThat(RecoveryPlan.of(recordOf("stoppedElsewhere"), List.of(other)))
                .hasSize(1);
    }

    @Test
    void whatHoldsOnToImagesGoesFirst() {
        for (Action action : Action.values()) {
            boolean removes = new Step("h1", action, "").removes();
            assertThat(removes).isEqualTo(action == Action.DESTROY || action == Action.REMOVE_LEFTOVERS);
            assertThat(!removes || new Step("h1", action, "").acts()).isTrue();
        }
    }

    private static boolean runs(Step step) {
        return List.of(Action.TAKE_CHARGE, Action.RESUME, Action.TAKE_BACK).contains(step.action());
    }

    private static Action action(String record, String found) {
        return step(record, new Finding("h1", what(found))).action();
    }

    private static String reason(String record, Finding finding) {
        return step(record, finding).reason().toLowerCase(Locale.ROOT);
    }

    private static Step step(String record, Finding finding) {
        return RecoveryPlan.of(recordOf(record), List.of(finding)).getFirst();
    }

    private static Optional<OwnerRecord> recordOf(String name) {
        Optional<OwnerRecord> record = RECORDS.get(name);
        if (record == null) {
            throw new AssertionError("No such record: " + name);
        }
        return record;
    }

    private static What what(String name) {
        What what = FINDINGS.get(name);
        if (what == null) {
            throw new AssertionError("No such finding: " + name);
        }
        return what;
    }

    private static Optional<OwnerRecord> record(String host, OwnerState state) {
        return Optional.of(new OwnerRecord(host, "boot", EPOCH, state));
    }
}
