package io.godwit.storage.zookeeper;

import io.godwit.storage.Debt;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.handover.OwnerContent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.KeeperException;
import org.jspecify.annotations.Nullable;

/// Changes what is owed to a guest, and nothing else. Each write compares the version of the owner record too,
/// so no debt is noted or paid for a guest that has changed owner, was started or was stopped in between.
final class Debts {
    private final RecordStore store;
    private final String host;
    private final CountDownLatch closed;

    Debts(RecordStore store, String host, CountDownLatch closed) {
        this.store = store;
        this.host = host;
        this.closed = closed;
    }

    private record Seen(
            @Nullable OwnerContent owner,
            int ownerVersion,
            @Nullable Debt debt,
            int debtVersion) {}

    /// @param refusal why not; empty if it may be done
    /// @param done    whether nothing is left to do
    private record Judgement(String refusal, boolean done, List<CuratorOp> ops) {}

    @FunctionalInterface
    private interface Judge {
        Judgement judge(Seen seen);
    }

    void owe(String guest, int version, Debt debt) throws OwnershipException, InterruptedException {
        String path = store.nodes().debt(guest);
        byte[] data = RecordCodec.debt(debt);
        change(guest, seen -> {
            if (seen.ownerVersion() != version) {
                return new Judgement("the guest's owner record has changed meanwhile", false, List.of());
            }
            CuratorOp write =
                    seen.debt() == null ? store.create(path, data) : store.set(path, seen.debtVersion(), data);
            return new Judgement("", debt.equals(seen.debt()), List.of(write));
        });
    }

    void paid(String guest, long epoch) throws OwnershipException, InterruptedException {
        String path = store.nodes().debt(guest);
        change(guest, seen -> {
            OwnerContent owner = seen.owner();
            if (owner == null || !runsHere(owner.record(), epoch)) {
                return new Judgement("the record does not say that it runs here", false, List.of());
            }
            return new Judgement("", seen.debt() == null, List.of(store.delete(path, seen.debtVersion())));
        });
    }

    private boolean runsHere(OwnerRecord owner, long epoch) {
        return owner.host().equals(host) && owner.epoch() == epoch && !(owner.state() instanceof OwnerState.Stopped);
    }

    private void change(String guest, Judge judge) throws OwnershipException, InterruptedException {
        Deadline deadline = Deadline.after(store.sessionTimeoutNanos());
        String reason = "the records keep changing";
        for (int attempt = 1; !deadline.isOver(); attempt++) {
            try {
                Seen seen = read(guest);
                Judgement judgement = judge.judge(seen);
                if (!judgement.refusal().isEmpty()) {
                    throw refused(guest, judgement.refusal());
                }
                if (judgement.done()) {
                    return;
                }
                List<CuratorOp> ops = new ArrayList<>(judgement.ops());
                ops.add(store.check(store.nodes().owner(guest), seen.ownerVersion()));
                store.write(ops);
                return;
            } catch (UnreadableRecord e) {
                throw refused(guest, e.reason());
            } catch (KeeperException e) {
                reason = RecordStore.isConflict(e) ? reason : RecordStore.words(e);
            }
            if (closed.await(deadline.atMost(ChangeDriver.backOff(attempt)).toNanos(), TimeUnit.NANOSECONDS)) {
                throw new IllegalStateException("The records were closed while guest " + guest + " was waited for");
            }
        }
        throw new OwnershipException(
                Kind.UNDECIDED, "What is owed to guest " + guest + " may not have been recorded: " + reason);
    }

    private Seen read(String guest) throws KeeperException, InterruptedException, UnreadableRecord {
        List<Node> both =
                store.read(List.of(store.nodes().owner(guest), store.nodes().debt(guest)));
        Node owner = both.getFirst();
        Node debt = both.getLast();
        byte[] ownerData = owner.data();
        byte[] debtData = debt.data();
        return new Seen(
                ownerData == null ? null : RecordCodec.owner(owner.path(), ownerData),
                owner.version(),
                debtData == null ? null : RecordCodec.debt(debt.path(), debtData),
                debt.version());
    }

    private static OwnershipException refused(String guest, String reason) {
        return new OwnershipException(
                Kind.REFUSED, "What is owed to guest " + guest + " cannot be recorded: " + reason);
    }
}
