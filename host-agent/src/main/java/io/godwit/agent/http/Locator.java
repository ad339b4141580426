package io.godwit.agent.http;

import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.agent.guests.GuestSlot;
import io.godwit.agent.guests.HostContext;
import io.godwit.agent.guests.SlotState;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.HostEntry;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.OwnershipException;
import java.util.Optional;

/// Finds the agent that answers for a guest.
final class Locator {
    private final HostContext host;

    Locator(HostContext host) {
        this.host = host;
    }

    /// Who answers.
    sealed interface Place {
        /// This agent: the guest is here, or stopped, so that only its record is left.
        record Here() implements Place {}

        /// @param state what the record says, for the error if that host does not answer
        record Elsewhere(HostEntry host, String state) implements Place {}
    }

    /// @throws AgentException NOT_FOUND if there is no such guest, UNAVAILABLE if that cannot be found out
    Place find(String guest) throws AgentException {
        Optional<GuestSlot> slot = host.table().find(guest);
        boolean arriving = slot.isPresent() && slot.get().state() instanceof SlotState.Arriving;
        if (slot.isPresent() && !arriving) {
            return new Place.Here();
        }
        try {
            GuestEntry entry = host.ownership()
                    .guest(guest)
                    .orElseThrow(() -> new AgentException(Code.NOT_FOUND, "There is no such guest: " + guest, "", ""));
            String owner = entry.owner().host();
            if (entry.owner().state() instanceof OwnerState.Stopped || owner.equals(host.name())) {
                return new Place.Here();
            }
            String state = "unknown; its record says it is owned by " + owner + ", epoch "
                    + entry.owner().epoch();
            return new Place.Elsewhere(
                    host.ownership()
                            .host(owner)
                            .orElseThrow(() -> new AgentException(
                                    Code.UNAVAILABLE,
                                    "The guest's owner has no record: " + owner,
                                    state,
                                    "Start the agent of that host.")),
                    state);
        } catch (OwnershipException e) {
            throw AgentException.of(e, "unknown; it is not on this host");
        }
    }
}
