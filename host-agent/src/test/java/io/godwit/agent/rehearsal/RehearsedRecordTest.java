package io.godwit.agent.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.migration.SwitchoverGate;
import io.godwit.migration.SwitchoverGate.Verdict;
import org.junit.jupiter.api.Test;

class RehearsedRecordTest {
    private final RehearsedRecord record = new RehearsedRecord("h1");
    private final SwitchoverGate source = record.sourceGate();
    private final SwitchoverGate target = record.targetGate();

    @Test
    void withoutAHandoverTheTargetGetsNothing() throws Exception {
        assertThat(target.commit()).isEqualTo(new Verdict.RunElsewhere("h1", 1));
        assertThat(source.takeBack()).isEqualTo(new Verdict.RunHere(1));
    }

    @Test
    void whatTheTargetHasTakenIsNotTakenBack() throws Exception {
        source.beginHandover();
        assertThat(target.commit()).isEqualTo(new Verdict.RunHere(2));
        assertThat(source.takeBack()).isEqualTo(new Verdict.RunElsewhere("h1", 2));
        assertThat(target.commit()).isEqualTo(new Verdict.RunHere(2));
    }

    @Test
    void whatWasTakenBackIsNotTheTargets() throws Exception {
        source.beginHandover();
        assertThat(source.takeBack()).isEqualTo(new Verdict.RunHere(1));
        assertThat(target.commit()).isEqualTo(new Verdict.RunElsewhere("h1", 1));
    }
}
