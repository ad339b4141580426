package io.godwit.agent.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.agent.testing.ScriptedOwnership;
import io.godwit.migration.SwitchoverGate;
import io.godwit.migration.SwitchoverGate.GateClosed;
import io.godwit.storage.Claims;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.Verdict;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SourceGateTest {
    private static final UUID MIGRATION = new UUID(1, 2);

    private final ScriptedOwnership records = new ScriptedOwnership();
    private final SwitchoverGate gate = new SourceGate(records, "g", 3, "h2", MIGRATION);

    @Test
    void beginsTheHandoverInItsEpoch() throws Exception {
        gate.beginHandover();
        assertThat(records.calls()).containsExactly("beginHandover g 3 h2 " + MIGRATION);
    }

    @Test
    void staysClosedWhenTheRecordsRefuse() {
        records.fail(new OwnershipException(Kind.REFUSED, "It is stopped"));
        assertThatThrownBy(gate::beginHandover).isInstanceOf(GateClosed.class).hasMessage("It is stopped");
        assertThat(records.calls()).hasSize(1);
    }

    @Test
    void takesTheGuestBackBeforeItSaysThatAnUndecidedHandoverDidNotHappen() {
        records.fail(new OwnershipException(Kind.UNDECIDED, "No answer"));
        records.answer(new Verdict.Mine(3));
        assertThatThrownBy(gate::beginHandover)
                .isInstanceOf(GateClosed.class)
                .hasMessageContaining("No answer")
                .hasMessageContaining("taken back");
        assertThat(records.calls()).containsExactly("beginHandover g 3 h2 " + MIGRATION, "takeBack g " + MIGRATION);
    }

    @Test
    void passesOnWhatTheRecordSays() throws Exception {
        records.answer(new Verdict.NotMine("h2", 4));
        assertThat(gate.takeBack()).isEqualTo(new SwitchoverGate.Verdict.RunElsewhere("h2", 4));
        TargetGate target = new TargetGate(records, "g", MIGRATION, new Claims(Set.of("/i"), Set.of()));
        records.answer(new Verdict.Mine(4));
        assertThat(target.commit()).isEqualTo(new SwitchoverGate.Verdict.RunHere(4));
    }

    @Test
    void keepsEachSideToItsOwnPart() {
        TargetGate target = new TargetGate(records, "g", MIGRATION, new Claims(Set.of(), Set.of()));
        assertThatThrownBy(gate::commit).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(target::beginHandover).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(target::takeBack).isInstanceOf(IllegalStateException.class);
        assertThat(records.calls()).isEmpty();
    }
}
