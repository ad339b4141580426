package io.godwit.agent.guests;

import io.godwit.storage.Debt;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.Verdict;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings records up to date when guests have ended, and frees their names. What ZooKeeper leaves undecided is
/// settled in the background, with the name reserved until it is.
final class RecordKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(RecordKeeper.class);
    private static final Duration RETRY = Duration.ofSeconds(1);

    /// What becomes of the record of a guest that has stopped.
    sealed interface Fate {
        Fate KEEP = new Keep();
        Fate FORGET = new Forget();
        Fate FORGET_IF_NEW = new ForgetIfNew();

        /// It stays, STOPPED.
        record Keep() implements Fate {}

        /// It goes.
        record Forget() implements Fate {}

        /// It goes if the guest was never started before this attempt, so that a failed start leaves nothing new
        /// behind and nothing old away.
        record ForgetIfNew() implements Fate {}

        /// It stays, STOPPED, and the cluster owes the guest a start.
        record Owed(Debt debt) implements Fate {}
    }

    private final HostContext host;
    private final Ownership ownership;

    RecordKeeper(HostContext host) {
        this.host = host;
        this.ownership = host.ownership();
    }

    /// Records that the guest does not run any more, which must be true, and frees its name.
    ///
    /// @throws AgentException UNAVAILABLE if that is left to the background; else the name is free, and the
    ///                        record was not what this host thought
    void end(GuestSlot slot, long epoch, Fate fate, String reason) throws AgentException, InterruptedException {
        host.images().release(slot.name());
        try {
            stop(slot.name(), epoch, fate);
            if (forgets(slot.name(), fate, epoch)) {
                ownership.forget(slot.name());
            }
            host.table().remove(slot, reason);
        } catch (OwnershipException e) {
            if (e.kind() == Kind.UNDECIDED) {
                settleLater(slot, fate);
            } else {
                host.table().remove(slot, reason + "; its record was not as expected: " + e.getMessage());
            }
            throw AgentException.of(e, "stopped");
        }
    }

    /// Finds out in the background what became of the record, and ends it there. Nothing may run under the name.
    void settleLater(GuestSlot slot, Fate fate) {
        host.table().transitionTo(slot, new SlotState.Reserved("being recorded as stopped"), "ZooKeeper is undecided");
        try {
            host.threads().execute(() -> settleUntilKnown(slot, fate));
        } catch (RejectedExecutionException e) {
            LOG.warn("The record of guest {} is settled when the agent starts again", slot.name());
        }
    }

    /// Records that the guest does not run any more, however long that takes, and that it is owed a start: should
    /// this agent end before it has started the guest again, the cluster does. The name stays taken.
    ///
    /// @return false if the record is not this host's any more
    boolean awaitStopped(String guest, long epoch) throws InterruptedException {
        while (true) {
            try {
                ownership.stoppedOwing(guest, epoch, Debt.NONE_TRIED);
                return true;
            } catch (OwnershipException e) {
                LOG.warn("Guest {} is not yet recorded as stopped: {}", guest, e.getMessage());
                if (e.kind() != Kind.UNDECIDED) {
                    return false;
                }
                Thread.sleep(RETRY);
            }
        }
    }

    private void settleUntilKnown(GuestSlot slot, Fate fate) {
        try {
            while (!settled(slot.name(), fate)) {
                Thread.sleep(RETRY);
            }
            host.table().remove(slot, "its record is settled");
        } catch (InterruptedException e) {
            LOG.warn("The record of guest {} is settled when the agent starts again", slot.name());
            Thread.currentThread().interrupt();
        }
    }

    private boolean settled(String guest, Fate fate) throws InterruptedException {
        try {
            switch (ownership.settle(guest)) {
                case Verdict.Mine mine -> {
                    stop(guest, mine.epoch(), fate);
                    if (forgets(guest, fate, mine.epoch())) {
                        ownership.forget(guest);
                    }
                }
                case Verdict.NotMine other -> {
                    if (other.host().isEmpty() && fate instanceof Fate.Forget) {
                        ownership.forget(guest);
                    }
                }
            }
            return true;
        } catch (OwnershipException e) {
            LOG.warn("The record of guest {} is not settled yet: {}", guest, e.getMessage());
            return e.kind() != Kind.UNDECIDED;
        }
    }

    private void stop(String guest, long epoch, Fate fate) throws OwnershipException, InterruptedException {
        switch (fate) {
            case Fate.Owed(Debt debt) -> ownership.stoppedOwing(guest, epoch, debt);
            case Fate.Keep _, Fate.Forget _, Fate.ForgetIfNew _ -> ownership.stopped(guest, epoch);
        }
    }

    private boolean forgets(String guest, Fate fate, long epoch) throws OwnershipException {
        return switch (fate) {
            case Fate.Keep _, Fate.Owed _ -> false;
            case Fate.Forget _ -> true;
            case Fate.ForgetIfNew _ ->
                ownership.guest(guest).map(GuestEntry::firstEpoch).orElse(0L) == epoch;
        };
    }
}
