package io.godwit.agent.guests;

import io.godwit.agent.guests.RecordKeeper.Fate;
import io.godwit.shim.Guest;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.Verdict;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What an agent does with what it finds on its host when it starts. The records decide:
///
/// | found here | the record says | done |
/// |---|---|---|
/// | running | this host's | taken charge of |
/// | paused, by its operator | this host's | taken charge of, stays paused |
/// | paused otherwise | this host's | the agent died in a switchover: resumed |
/// | waiting for its memory | this host's | its memory is lost: destroyed, recorded as stopped |
/// | any | not this host's | an outrun copy: destroyed |
/// | leftovers without a process | any | removed |
/// | nothing | this host's | the host was rebooted, or the hypervisor died: recorded as stopped |
public final class Adoption {
    private static final Logger LOG = LoggerFactory.getLogger(Adoption.class);
    private static final Duration RETRY = Duration.ofSeconds(5);

    private final HostContext host;
    private final GuestEnds ends;
    private final RecordKeeper records;

    public Adoption(HostContext host, GuestLifecycle lifecycle) {
        this.host = host;
        this.ends = lifecycle.ends();
        this.records = lifecycle.records();
    }

    /// Waits until every guest's record is known. A guest that resists is left alone and logged: it does not keep
    /// the agent from looking after the others.
    ///
    /// @throws HypervisorException if what runs here cannot be listed
    /// @throws OwnershipException  if the records cannot be listed
    public void adoptAll() throws HypervisorException, OwnershipException, InterruptedException {
        for (String name : host.hypervisor().present()) {
            try {
                adopt(name);
            } catch (HypervisorException | AgentException e) {
                LOG.error("Guest {} was found here and cannot be taken charge of: {}", name, e.getMessage());
                leaveAlone(name, AgentException.words(e));
            }
        }
        for (GuestEntry entry : host.ownership().guests()) {
            boolean recordedHere =
                    entry.owner().host().equals(host.name()) && !(entry.owner().state() instanceof OwnerState.Stopped);
            if (recordedHere && host.table().find(entry.guest()).isEmpty()) {
                stopRecord(entry.guest());
            }
        }
    }

    private void adopt(String name) throws HypervisorException, AgentException, InterruptedException {
        Optional<Guest> found = host.hypervisor().adopt(name);
        if (found.isEmpty()) {
            LOG.info("Guest {} has left something behind here: removing it", name);
            host.hypervisor().cleanUp(name);
            return;
        }
        Guest guest = found.get();
        GuestSlot slot = host.table()
                .enter(
                        name,
                        guest.spec().memoryBytes(),
                        guest.spec().vcpus(),
                        new SlotState.Reserved("waiting for its record to be read"));
        switch (host.ownership().settle(name)) {
            case Verdict.Mine mine -> keep(slot, guest, mine.epoch());
            case Verdict.NotMine other -> destroyOutrun(slot, guest, other);
        }
    }

    private void keep(GuestSlot slot, Guest guest, long epoch) throws HypervisorException, InterruptedException {
        RunState state = guest.state();
        switch (state) {
            case RUNNING -> host.notes().clear(slot.name());
            case PAUSED -> resumeUnlessPausedByOperator(slot, guest, epoch);
            case SHUTDOWN -> LOG.info("Guest {} ended while no agent looked after it", slot.name());
            case INCOMING, GONE -> {
                LOG.error(
                        "Guest {} is recorded as this host's but is {} here: its memory is lost, it has to be started"
                                + " anew",
                        slot.name(),
                        state);
                guest.destroy(GuestStarter.DESTROY_TIMEOUT);
                endRecord(slot, epoch, "its memory is lost");
                return;
            }
        }
        host.table().transitionTo(slot, new SlotState.Here(guest, epoch), "found " + state + ", epoch " + epoch);
        ends.watch(slot, guest);
    }

    private void resumeUnlessPausedByOperator(GuestSlot slot, Guest guest, long epoch) {
        if (host.notes().paused(slot.name(), epoch)) {
            LOG.info("Guest {} was paused by its operator and stays so", slot.name());
            return;
        }
        LOG.warn("Guest {} was left paused by an agent that ended in a switchover: resuming it", slot.name());
        try {
            guest.resume();
        } catch (HypervisorException e) {
            LOG.error("Guest {} could not be resumed: {}", slot.name(), e.getMessage());
        }
    }

    private void destroyOutrun(GuestSlot slot, Guest guest, Verdict.NotMine other) {
        LOG.warn(
                "Guest {} runs here, but its record says otherwise (owner '{}', epoch {}): destroying this copy",
                slot.name(),
                other.host(),
                other.epoch());
        host.notes().clear(slot.name());
        if (destroyed(slot, guest)) {
            host.table().remove(slot, "it was an outrun copy");
        } else {
            host.threads().execute(() -> destroyUntilGone(slot, guest));
        }
    }

    private void destroyUntilGone(GuestSlot slot, Guest guest) {
        try {
            do {
                Thread.sleep(RETRY);
            } while (!destroyed(slot, guest));
            host.table().remove(slot, "it was an outrun copy");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean destroyed(GuestSlot slot, Guest guest) {
        try {
            guest.destroy(GuestStarter.DESTROY_TIMEOUT);
            return true;
        } catch (HypervisorException e) {
            LOG.error("The outrun copy of guest {} cannot be destroyed: {}", slot.name(), e.getMessage());
            return false;
        }
    }

    private void stopRecord(String name) throws InterruptedException {
        try {
            GuestSlot slot = host.table().enter(name, 0, 0, new SlotState.Reserved("being recorded as stopped"));
            switch (host.ownership().settle(name)) {
                case Verdict.Mine mine -> {
                    LOG.warn("Guest {} is recorded as this host's but is not here: it is stopped", name);
                    endRecord(slot, mine.epoch(), "it did not outlive its host or its hypervisor");
                }
                case Verdict.NotMine _ -> host.table().remove(slot, "its record is another host's");
            }
        } catch (AgentException e) {
            LOG.error("The record of guest {}, which is not here, was left alone: {}", name, e.getMessage());
        }
    }

    private void endRecord(GuestSlot slot, long epoch, String reason) throws InterruptedException {
        host.notes().clear(slot.name());
        try {
            records.end(slot, epoch, Fate.KEEP, reason);
        } catch (AgentException e) {
            LOG.warn("Guest {} is not recorded as stopped: {}", slot.name(), e.getMessage());
        }
    }

    private void leaveAlone(String name, String reason) {
        SlotState unmanaged = new SlotState.Unmanaged(reason);
        Optional<GuestSlot> slot = host.table().find(name);
        if (slot.isPresent()) {
            host.table().transitionTo(slot.get(), unmanaged, "it was found here");
            return;
        }
        try {
            host.table().enter(name, 0, 0, unmanaged);
        } catch (AgentException e) {
            throw new IllegalStateException("The table was changed while guests were being adopted", e);
        }
    }
}
