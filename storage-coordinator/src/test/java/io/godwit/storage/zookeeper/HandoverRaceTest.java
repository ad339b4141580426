package io.godwit.storage.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.storage.OwnerRecord;
import io.godwit.storage.Verdict;
import io.godwit.storage.handover.LossIsFailure;
import io.godwit.storage.zookeeper.LossyProxy.Loss;
import io.godwit.storage.zookeeper.ZooKeeperFixture.Host;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/// Two hosts race for one guest on a real server, again and again: the source takes back, the target commits, and
/// the connections of both break at the worst moments.
class HandoverRaceTest {
    private static final List<Loss> LOSSES = List.of(Loss.NONE, Loss.ANSWER, Loss.REQUEST);
    private static final long SEED = 20_261_121;

    @Test
    void exactlyOneWinsEveryTime() throws Exception {
        try (ZooKeeperFixture zookeeper = new ZooKeeperFixture()) {
            Host alpha = zookeeper.host("alpha");
            Host beta = zookeeper.host("beta");
            Random random = new Random(SEED);
            OwnerRecord before = HandoverRace.claimed(alpha);
            int moved = 0;
            for (int round = 0; round < 150; round++) {
                boolean fromAlpha = before.host().equals("alpha");
                Host source = fromAlpha ? alpha : beta;
                Host target = fromAlpha ? beta : alpha;
                boolean lossy = round % 10 == 0;
                Loss sourceLoss = lossy ? LOSSES.get(random.nextInt(LOSSES.size())) : Loss.NONE;
                Loss targetLoss = lossy ? LOSSES.get(random.nextInt(LOSSES.size())) : Loss.NONE;
                // Neither side should win by habit, and a lead of some hundred microseconds decides.
                int headStartMicros = random.nextInt(-1_500, 1_500);
                HandoverRace race = HandoverRace.run(source, target, before, sourceLoss, targetLoss, headStartMicros);
                assertThat(race.violation()).as("round %d: %s", round, race).isNull();
                moved += race.after().host().equals(before.host()) ? 0 : 1;
                before = race.after();
            }
            assertThat(moved).as("how often the target won").isBetween(15, 135);
            assertThat(before.epoch()).isEqualTo(1L + moved);
        }
    }

    @Test
    void bothOrdersEndTheSameWay() throws Exception {
        try (ZooKeeperFixture zookeeper = new ZooKeeperFixture()) {
            Host alpha = zookeeper.host("alpha");
            Host beta = zookeeper.host("beta");
            OwnerRecord before = HandoverRace.claimed(alpha);
            UUID kept = UUID.randomUUID();
            alpha.ownership().beginHandover(HandoverRace.GUEST, before.epoch(), "beta", kept);
            assertThat(alpha.ownership().takeBack(HandoverRace.GUEST, kept)).isEqualTo(new Verdict.Mine(1));
            assertThat(beta.ownership().commit(HandoverRace.GUEST, kept, HandoverRace.CLAIMS))
                    .isEqualTo(new Verdict.NotMine("alpha", 1));
            UUID taken = UUID.randomUUID();
            alpha.ownership().beginHandover(HandoverRace.GUEST, before.epoch(), "beta", taken);
            assertThat(beta.ownership().commit(HandoverRace.GUEST, taken, HandoverRace.CLAIMS))
                    .isEqualTo(new Verdict.Mine(2));
            assertThat(alpha.ownership().takeBack(HandoverRace.GUEST, taken)).isEqualTo(new Verdict.NotMine("beta", 2));
            assertThat(beta.ownership().commit(HandoverRace.GUEST, taken, HandoverRace.CLAIMS))
                    .isEqualTo(new Verdict.Mine(2));
        }
    }

    /// The checker itself is checked: a target that takes a lost answer for a failure must not pass it.
    @Test
    void aPlantedWrongDecisionIsCaught() throws Exception {
        try (ZooKeeperFixture zookeeper = new ZooKeeperFixture()) {
            Host alpha = zookeeper.host("alpha");
            Host wrong = zookeeper.host("beta", LossIsFailure::new);
            OwnerRecord before = HandoverRace.claimed(alpha);
            HandoverRace race = HandoverRace.run(alpha, wrong, before, Loss.NONE, Loss.ANSWER, -200_000);
            assertThat(race.violation()).isEqualTo("nobody was told that the guest is his");
        }
    }
}
