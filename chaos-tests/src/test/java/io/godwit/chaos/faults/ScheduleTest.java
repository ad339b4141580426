package io.godwit.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class ScheduleTest {
    private static final Set<FaultKind> ALL = EnumSet.allOf(FaultKind.class);
    private static final int HOSTS = 3;
    private static final int GUESTS = 3;

    private static List<List<PlannedFault>> rounds(long seed, int count) {
        Schedule schedule = new Schedule(seed, ALL, HOSTS, GUESTS);
        List<List<PlannedFault>> rounds = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rounds.add(schedule.nextRound());
        }
        return rounds;
    }

    @Test
    void oneSeedIsOneScheduleAndAnotherIsAnother() {
        assertThat(rounds(4711, 50)).isEqualTo(rounds(4711, 50)).isNotEqualTo(rounds(4712, 50));
    }

    @Test
    void everyKindComesBeforeAnyComesAThirdTime() {
        List<FaultKind> kinds = rounds(1, 8).stream()
                .flatMap(List::stream)
                .map(PlannedFault::kind)
                .toList();
        assertThat(kinds.subList(0, 2 * ALL.size())).containsAll(ALL);
    }

    @Test
    void whateverTheSeedFaultsKeepTheirBoundsAndNeverMoreThanTwoAreInEffectAndTheseDoNotMeet() {
        for (long seed = 0; seed < 500; seed++) {
            for (List<PlannedFault> round : rounds(seed, 5)) {
                for (PlannedFault fault : round) {
                    assertThat(fault.host()).isBetween(1, HOSTS).isNotEqualTo(fault.other());
                    assertThat(fault.other()).isBetween(1, HOSTS);
                    assertThat(fault.guest()).isBetween(1, GUESTS);
                    assertThat(fault.holdMs())
                            .isBetween(fault.kind().holdMsMin(), fault.kind().holdMsMax());
                    List<PlannedFault> together = round.stream()
                            .filter(other -> other.startMs() <= fault.startMs() && other.endMs() >= fault.startMs())
                            .toList();
                    assertThat(together).as("seed %d", seed).hasSizeLessThanOrEqualTo(2);
                    assertThat(together.stream().filter(other -> !other.equals(fault)))
                            .as("seed %d", seed)
                            .noneMatch(fault::collides);
                }
            }
        }
    }

    @Test
    void aSingleKindIsDrawnAgainAndAgainOneAfterTheOther() {
        Schedule schedule = new Schedule(3, EnumSet.of(FaultKind.ZOOKEEPER_FROZEN), HOSTS, GUESTS);
        List<PlannedFault> round = schedule.nextRound();
        assertThat(round.stream().map(PlannedFault::kind).collect(Collectors.toSet()))
                .containsExactly(FaultKind.ZOOKEEPER_FROZEN);
        for (int i = 1; i < round.size(); i++) {
            assertThat(round.get(i).startMs()).isGreaterThan(round.get(i - 1).endMs());
        }
    }
}
