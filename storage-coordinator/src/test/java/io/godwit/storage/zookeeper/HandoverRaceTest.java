package io.godwit.storage.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.storage.Claims;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.Verdict;
import io.godwit.storage.handover.LossIsFailure;
import io.godwit.storage.zookeeper.LossyProxy.Loss;
import io.godwit.storage.zookeeper.ZooKeeperFixture.Host;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Two hosts race for one guest on a real server, again and again: the source takes back, the target commits, and
/// the connections of both break at the worst moments.
class HandoverRaceTest {
    private static final Claims CLAIMS = new Claims(Set.of("/srv/race.img"), Set.of("10.0.0.2"));
    private static final String GUEST = "race";
    private static final List<Loss> LOSSES = List.of(Loss.NONE, Loss.ANSWER, Loss.REQUEST);
    private static final long SEED = 20_261_121;

    @Test
    void exactlyOneWinsEveryTime() throws Exception {
        try (ZooKeeperFixture zookeeper = new ZooKeeperFixture()) {
            Host alpha = zookeeper.host("alpha");
            Host beta = zookeeper.host("beta");
            Random random = new Random(SEED);
            OwnerRecord before = claimed(alpha);
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
                Race race = race(source, target, before, sourceLoss, targetLoss, headStartMicros);
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
            OwnerRecord before = claimed(alpha);
            UUID kept = UUID.randomUUID();
            alpha.ownership().beginHandover(GUEST, before.epoch(), "beta", kept);
            assertThat(alpha.ownership().takeBack(GUEST, kept)).isEqualTo(new Verdict.Mine(1));
            assertThat(beta.ownership().commit(GUEST, kept, CLAIMS)).isEqualTo(new Verdict.NotMine("alpha", 1));
            UUID taken = UUID.randomUUID();
            alpha.ownership().beginHandover(GUEST, before.epoch(), "beta", taken);
            assertThat(beta.ownership().commit(GUEST, taken, CLAIMS)).isEqualTo(new Verdict.Mine(2));
            assertThat(alpha.ownership().takeBack(GUEST, taken)).isEqualTo(new Verdict.NotMine("beta", 2));
            assertThat(beta.ownership().commit(GUEST, taken, CLAIMS)).isEqualTo(new Verdict.Mine(2));
        }
    }

    /// The checker itself is checked: a target that takes a lost answer for a failure must not pass it.
    @Test
    void aPlantedWrongDecisionIsCaught() throws Exception {
        try (ZooKeeperFixture zookeeper = new ZooKeeperFixture()) {
            Host alpha = zookeeper.host("alpha");
            Host wrong = zookeeper.host("beta", LossIsFailure::new);
            OwnerRecord before = claimed(alpha);
            Race race = race(alpha, wrong, before, Loss.NONE, Loss.ANSWER, -200_000);
            assertThat(race.violation()).isEqualTo("nobody was told that the guest is his");
        }
    }

    private static OwnerRecord claimed(Host host) throws Exception {
        host.ownership().claim(GUEST, "{}", CLAIMS);
        return host.ownership().guest(GUEST).orElseThrow().owner();
    }

    /// @param headStartMicros  of the source; negative for the target's
    private static Race race(
            Host source, Host target, OwnerRecord before, Loss sourceLoss, Loss targetLoss, int headStartMicros)
            throws Exception {
        UUID migration = UUID.randomUUID();
        source.ownership().beginHandover(GUEST, before.epoch(), target.name(), migration);
        source.proxy().loseNext(sourceLoss);
        target.proxy().loseNext(targetLoss);
        CyclicBarrier start = new CyclicBarrier(2);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Verdict> takeBack = threads.submit(
                    after(start, -headStartMicros, () -> source.ownership().takeBack(GUEST, migration)));
            Future<Verdict> commit = threads.submit(
                    after(start, headStartMicros, () -> target.ownership().commit(GUEST, migration, CLAIMS)));
            Verdict sourceVerdict = takeBack.get(30, TimeUnit.SECONDS);
            Verdict targetVerdict = commit.get(30, TimeUnit.SECONDS);
            source.proxy().loseNext(Loss.NONE);
            target.proxy().loseNext(Loss.NONE);
            OwnerRecord record = source.ownership().guest(GUEST).orElseThrow().owner();
            return new Race(source.name(), target.name(), before, sourceVerdict, targetVerdict, record);
        }
    }

    private static Callable<Verdict> after(CyclicBarrier start, int delayMicros, Callable<Verdict> call) {
        return () -> {
            start.await(30, TimeUnit.SECONDS);
            if (delayMicros > 0) {
                LockSupport.parkNanos(delayMicros * 1_000L);
            }
            return call.call();
        };
    }

    private record Race(
            String source,
            String target,
            OwnerRecord before,
            Verdict sourceVerdict,
            Verdict targetVerdict,
            OwnerRecord after) {

        /// @return null if exactly one host was told that the guest is his, and the record says the same
        @Nullable
        String violation() {
            boolean sourceHas = sourceVerdict instanceof Verdict.Mine;
            boolean targetHas = targetVerdict instanceof Verdict.Mine;
            if (sourceHas == targetHas) {
                return sourceHas ? "both were told that the guest is theirs" : "nobody was told that the guest is his";
            }
            long epoch = before.epoch() + (targetHas ? 1 : 0);
            if (!after.state().equals(new OwnerState.Running())
                    || !after.host().equals(targetHas ? target : source)
                    || after.epoch() != epoch) {
                return "the record disagrees";
            }
            boolean told = (targetHas ? targetVerdict : sourceVerdict).equals(new Verdict.Mine(epoch))
                    && (targetHas ? sourceVerdict : targetVerdict).equals(new Verdict.NotMine(after.host(), epoch));
            return told ? null : "a verdict names another owner or epoch than the record";
        }
    }
}
