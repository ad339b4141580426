package io.godwit.agent.guests;

import io.godwit.agent.api.PresenceView;
import io.godwit.agent.api.SettlementView;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.shim.Guest;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import io.godwit.storage.OwnershipException;
import java.util.Optional;

/// This host's part in the recovery of a guest: says what it has, and settles that when asked to. Nobody tells it
/// what to do: whoever asks only makes it look again, and the record decides. Safe for use by many threads.
public final class Recovery {
    private final HostContext host;
    private final Settlement settlement;

    public Recovery(HostContext host, GuestLifecycle lifecycle, Announcements announcements) {
        this.host = host;
        this.settlement = new Settlement(host, lifecycle, announcements);
    }

    /// What is on this host of the guest. Touches nothing.
    ///
    /// @throws AgentException FAILED if the host cannot tell
    public PresenceView presence(String name) throws AgentException, InterruptedException {
        Optional<GuestSlot> known = host.table().find(name);
        if (known.isPresent()) {
            return presence(known.get());
        }
        if (!present(name)) {
            return view(name, "none", false, 0, "");
        }
        // Something that no agent looks after. The name is taken meanwhile, so that nobody starts anything under it.
        GuestSlot slot = host.table().enter(name, 0, 0, new SlotState.Reserved("being looked at"));
        try {
            return view(name, look(name), false, 0, "");
        } finally {
            host.table().remove(slot, "it was looked at");
        }
    }

    /// Puts right what this host has of the guest, as the record says.
    ///
    /// @throws AgentException UNAVAILABLE without ZooKeeper; CONFLICT while the guest is busy; REFUSED if no record
    ///                        says whose it is; FAILED if it resists, and is left as it is
    public SettlementView settle(String name) throws AgentException, InterruptedException {
        requireRecord(name);
        Optional<GuestSlot> known = host.table().find(name);
        GuestSlot slot = known.isPresent()
                ? known.get()
                : host.table().enter(name, 0, 0, new SlotState.Unmanaged("it is being settled"));
        Settlement.Outcome outcome = host.table().alone(slot, () -> settle(slot));
        return new SettlementView(host.name(), outcome.words(), outcome.settled());
    }

    private PresenceView presence(GuestSlot slot) throws AgentException, InterruptedException {
        String name = slot.name();
        return switch (slot.state()) {
            case SlotState.Here here -> view(name, word(here.guest()), true, here.epoch(), "");
            case SlotState.Leaving leaving -> view(name, word(leaving.guest()), true, leaving.epoch(), leaving.words());
            case SlotState.Arriving arriving -> view(name, "incoming", true, 0, arriving.words());
            case SlotState.Reserved reserved -> view(name, "unknown", true, 0, reserved.words());
            case SlotState.Unmanaged _ ->
                host.table().alone(slot, () -> view(name, present(name) ? look(name) : "none", false, 0, ""));
        };
    }

    private Settlement.Outcome settle(GuestSlot slot) throws AgentException, InterruptedException {
        return switch (slot.state()) {
            case SlotState.Here here -> {
                try {
                    yield settlement.here(slot, here);
                } catch (HypervisorException e) {
                    throw resists(slot.name(), e);
                }
            }
            case SlotState.Unmanaged _ -> settleUnmanaged(slot);
            case SlotState.Leaving _, SlotState.Arriving _, SlotState.Reserved _ ->
                throw new AgentException(
                        Code.CONFLICT,
                        "Guest " + slot.name() + " " + slot.state().words() + "; it is left alone meanwhile",
                        "unchanged",
                        "Ask again when that has ended.");
        };
    }

    /// Takes hold of what is here as an agent that starts does.
    private Settlement.Outcome settleUnmanaged(GuestSlot slot) throws AgentException, InterruptedException {
        String name = slot.name();
        GuestSlot held = slot;
        try {
            Optional<Guest> found = present(name) ? host.hypervisor().adopt(name) : Optional.empty();
            if (found.isEmpty()) {
                host.hypervisor().cleanUp(name);
                return settlement.absent(slot);
            }
            Guest guest = found.get();
            held = host.table().replace(slot, guest.spec(), new SlotState.Reserved("being settled"));
            return settlement.found(held, guest);
        } catch (HypervisorException e) {
            host.table().transitionTo(held, new SlotState.Unmanaged(AgentException.words(e)), "it resists");
            throw resists(name, e);
        }
    }

    /// A read, and so no proof; but all that follows from it is that nothing is done.
    private void requireRecord(String name) throws AgentException {
        if (!host.ownership().connected()) {
            throw new AgentException(
                    Code.UNAVAILABLE,
                    "ZooKeeper does not answer host " + host.name() + ", so nothing was changed there",
                    "unchanged",
                    "Check that ZooKeeper runs and has a quorum, then try again.");
        }
        try {
            if (host.ownership().guest(name).isEmpty()
                    && (host.table().find(name).isPresent() || isAlive(name))) {
                throw new AgentException(
                        Code.REFUSED,
                        "No record says whose guest " + name + " is, so host " + host.name() + " leaves it alone",
                        "unchanged",
                        "If this copy is not wanted, restart the agent there: it destroys guests without a record.");
            }
        } catch (OwnershipException e) {
            throw AgentException.of(e, "unchanged");
        }
    }

    private boolean isAlive(String name) throws AgentException {
        return present(name) && !look(name).equals("leftovers");
    }

    private boolean present(String name) throws AgentException {
        try {
            return host.hypervisor().present().contains(name);
        } catch (HypervisorException e) {
            throw resists(name, e);
        }
    }

    private String look(String name) {
        try {
            Optional<Guest> found = host.hypervisor().adopt(name);
            if (found.isEmpty()) {
                return "leftovers";
            }
            try (Guest guest = found.get()) {
                return word(guest);
            }
        } catch (HypervisorException e) {
            return "unknown";
        }
    }

    private static String word(Guest guest) {
        try {
            RunState state = guest.state();
            return switch (state) {
                case RUNNING -> "running";
                case PAUSED -> "paused";
                case INCOMING -> "incoming";
                case SHUTDOWN, GONE -> "ended";
            };
        } catch (HypervisorException e) {
            return "unknown";
        }
    }

    private PresenceView view(String name, String found, boolean managed, long epoch, String busy) {
        return new PresenceView(host.name(), found, managed, epoch, host.notes().pausedInEpoch(name), busy);
    }

    private AgentException resists(String name, HypervisorException e) {
        return new AgentException(
                Code.FAILED,
                "What host " + host.name() + " has of guest " + name + " resists: " + e.getMessage(),
                "unknown",
                "End its process on that host by hand, then ask again.",
                e);
    }
}
