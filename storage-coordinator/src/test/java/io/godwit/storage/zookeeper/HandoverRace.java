package io.godwit.storage.zookeeper;

import io.godwit.storage.Claims;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.Verdict;
import io.godwit.storage.zookeeper.LossyProxy.Loss;
import io.godwit.storage.zookeeper.ZooKeeperFixture.Host;
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

/// One race for a guest between its source and its target: what each was told, and what the record says afterwards.
record HandoverRace(
        String source,
        String target,
        OwnerRecord before,
        Verdict sourceVerdict,
        Verdict targetVerdict,
        OwnerRecord after) {
    static final String GUEST = "race";
    static final Claims CLAIMS = new Claims(Set.of("/srv/race.img"), Set.of("10.0.0.2"));

    private static final int ATTEMPTS_MAX = 5;

    static OwnerRecord claimed(Host host) throws Exception {
        host.ownership().claim(GUEST, "{}", CLAIMS);
        return host.ownership().guest(GUEST).orElseThrow().owner();
    }

    /// @param headStartMicros  of the source; negative for the target's
    static HandoverRace run(
            Host source, Host target, OwnerRecord before, Loss sourceLoss, Loss targetLoss, int headStartMicros)
            throws Exception {
        UUID migration = UUID.randomUUID();
        begin(source, before.epoch(), target.name(), migration);
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
            return new HandoverRace(source.name(), target.name(), before, sourceVerdict, targetVerdict, record);
        }
    }

    /// Asks again while the outcome is unknown, for a server may be dying just now.
    private static void begin(Host source, long epoch, String target, UUID migration) throws Exception {
        for (int attempt = 1; ; attempt++) {
            try {
                source.ownership().beginHandover(GUEST, epoch, target, migration);
                return;
            } catch (OwnershipException e) {
                if (e.kind() != OwnershipException.Kind.UNDECIDED || attempt == ATTEMPTS_MAX) {
                    throw e;
                }
            }
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
