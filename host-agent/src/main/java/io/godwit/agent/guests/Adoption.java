package io.godwit.agent.guests;

import io.godwit.shim.Guest;
import io.godwit.shim.HypervisorException;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.OwnershipException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What an agent does when it starts: settles all that it finds on its host, and all that it should find there. What
/// settling means is the table of [Settlement]; leftovers without a process are removed.
public final class Adoption {
    private static final Logger LOG = LoggerFactory.getLogger(Adoption.class);

    private final HostContext host;
    private final Settlement settlement;
    private final Keeper keeper;

    /// Knows of what must not be handled like other copies, because pages of it are at another host, or pages that
    /// another host needs are here.
    @FunctionalInterface
    public interface Keeper {
        /// @return true if the copy was taken charge of, and adoption is to leave it alone
        boolean keeps(String name) throws AgentException, HypervisorException, InterruptedException;
    }

    public Adoption(HostContext host, GuestLifecycle lifecycle, Announcements announcements, Keeper keeper) {
        this.host = host;
        this.keeper = keeper;
        this.settlement = new Settlement(host, lifecycle, announcements);
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
        if (keeper.keeps(name)) {
            return;
        }
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
        settlement.found(slot, guest);
    }

    private void stopRecord(String name) throws InterruptedException {
        try {
            settlement.absent(host.table().enter(name, 0, 0, new SlotState.Reserved("being recorded as stopped")));
        } catch (AgentException e) {
            LOG.error("The record of guest {}, which is not here, was left alone: {}", name, e.getMessage());
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
