package io.godwit.benchmarks.grid;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.chaos.workload.GuestWorkload;
import io.godwit.chaos.workload.GuestWorkload.Fill;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlanTest {
    private static final Cell CELL = new Cell(Link.GIGABIT, Dirtying.SLOW, Fill.TEXT);

    @Test
    void configurationsTakeTurnsAndEachRoundBeginsWithAnother() {
        Configuration godwit = new Configuration.Godwit("default", Map.of());
        Configuration one = new Configuration.Qemu(QemuTuning.DEFAULT);
        Configuration two = new Configuration.Qemu(QemuTuning.MULTIFD);
        Plan plan = new Plan(List.of(CELL), List.of(godwit, one, two), 3, 512, 300, 60, false, false);
        assertThat(plan.order(1)).containsExactly(godwit, one, two);
        assertThat(plan.order(2)).containsExactly(one, two, godwit);
        assertThat(plan.order(3)).containsExactly(two, godwit, one);
    }

    @Test
    void aCellTellsTheGuestWhatToDo() {
        assertThat(CELL.workload(512)).isEqualTo(new GuestWorkload(256, 32, 20, Fill.TEXT, 0));
        GuestWorkload all = new Cell(Link.GIGABIT, Dirtying.ALL, Fill.RANDOM).workload(512);
        assertThat(all.workingSetMiB()).isEqualTo(256);
        assertThat(all.rateMiBPerSecond()).isGreaterThan(1000);
        assertThat(new Cell(Link.GIGABIT, Dirtying.IDLE, Fill.TEXT)
                        .workload(512)
                        .rateMiBPerSecond())
                .isZero();
    }

    @Test
    void qemuMayPlanWithTheSameDowntimeAndSendAsFastAsItCan() {
        for (QemuTuning tuning : QemuTuning.values()) {
            assertThat(tuning.parameters(250, 512))
                    .containsEntry("max-bandwidth", 1L << 40)
                    .containsEntry("downtime-limit", 250);
        }
        assertThat(QemuTuning.POST_COPY.capabilities()).containsExactly("postcopy-ram", "postcopy-preempt");
        assertThat(QemuTuning.DEFAULT.capabilities()).isEmpty();
    }

    @Test
    void theCacheOfXbzrleIsAPowerOfTwoBytesHalfOfTheMemoryAtMost() {
        assertThat(QemuTuning.XBZRLE.parameters(300, 512)).containsEntry("xbzrle-cache-size", 256L << 20);
        assertThat(QemuTuning.XBZRLE.parameters(300, 1000)).containsEntry("xbzrle-cache-size", 256L << 20);
    }
}
