package io.godwit.agent.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.agent.rehearsal.RehearsalPlan.Step;
import org.junit.jupiter.api.Test;

class RehearsalPlanTest {
    private final RehearsalPlan plan = new RehearsalPlan(3, 20_000, 50);

    @Test
    void endsWhenThereWereEnoughOrTheTimeIsOver() {
        assertThat(plan.next(0, 0, 0, false)).isEqualTo(new Step.Rehearse());
        assertThat(plan.next(2, 19_999, 0, false)).isEqualTo(new Step.Rehearse());
        assertThat(plan.next(3, 100, 0, false)).isEqualTo(new Step.End(false));
        assertThat(plan.next(0, 20_000, 0, false)).isEqualTo(new Step.End(false));
    }

    @Test
    void endsAsSoonAsAMigrationInEarnestBegins() {
        assertThat(plan.next(0, 0, 0, true)).isEqualTo(new Step.End(true));
        assertThat(plan.next(1, 1_000, 900, true)).isEqualTo(new Step.End(true));
    }

    @Test
    void usesHalfOfOneProcessor() {
        assertThat(plan.next(1, 1_000, 500, false)).isEqualTo(new Step.Rehearse());
        assertThat(plan.next(1, 1_000, 550, false)).isEqualTo(new Step.Rest(100));
        assertThat(plan.next(1, 1_000, 1_900, false)).as("asks again soon").isEqualTo(new Step.Rest(250));
    }
}
