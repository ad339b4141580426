package io.godwit.agent.guests;

import io.godwit.agent.api.GuestView;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.HypervisorException;
import io.godwit.storage.Debt;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.failover.FailoverLimits;
import java.util.Optional;

/// How guests look from outside.
public final class GuestViews {
    private GuestViews() {}

    /// The guest as this host sees it; empty if it is not here, or still arriving.
    public static Optional<GuestView> local(String host, GuestSlot slot) {
        return switch (slot.state()) {
            case SlotState.Here here -> Optional.of(view(host, slot, state(here.guest()), here.epoch(), ""));
            case SlotState.Leaving leaving ->
                Optional.of(view(host, slot, state(leaving.guest()), leaving.epoch(), leaving.target()));
            case SlotState.Unmanaged _ -> Optional.of(view(host, slot, "unknown", 0, ""));
            case SlotState.Reserved _, SlotState.Arriving _ -> Optional.empty();
        };
    }

    /// The guest as its record shows it, without asking its host.
    public static GuestView recorded(GuestEntry entry) {
        Optional<GuestSpec> spec = SpecJson.read(entry.guest(), entry.specification());
        boolean stopped = entry.owner().state() instanceof OwnerState.Stopped;
        String state = switch (entry.owner().state()) {
            case OwnerState.Running _ -> "unknown";
            case OwnerState.Handover _ -> "handover";
            case OwnerState.Stopped _ -> "stopped";
        };
        return new GuestView(
                entry.guest(),
                stopped ? "" : entry.owner().host(),
                state,
                entry.owner().epoch(),
                spec.map(GuestSpec::memoryBytes).orElse(0L),
                spec.map(GuestSpec::vcpus).orElse(0),
                entry.owner().state() instanceof OwnerState.Handover handover ? handover.target() : "",
                failover(entry));
    }

    /// How far the cluster is with starting the guest again; empty if it owes it nothing.
    private static String failover(GuestEntry entry) {
        Debt debt = entry.debt();
        if (debt == null) {
            return "";
        }
        if (debt.abandoned()) {
            return "gave up: " + debt.gaveUp();
        }
        int attemptsMax = FailoverLimits.DEFAULT.attemptsMax();
        return debt.attempts() == 0
                ? "waiting" + (debt.lastError().isEmpty() ? "" : ": " + debt.lastError())
                : "restarting (" + debt.attempts() + " of " + attemptsMax + ")";
    }

    /// What the guest's processors do, in the word the API has for it.
    public static String state(Guest guest) {
        try {
            return switch (guest.state()) {
                case RUNNING -> "running";
                case PAUSED -> "paused";
                case INCOMING -> "incoming";
                case SHUTDOWN, GONE -> "shutdown";
            };
        } catch (HypervisorException e) {
            return "unknown";
        }
    }

    private static GuestView view(String host, GuestSlot slot, String state, long epoch, String migratingTo) {
        return new GuestView(slot.name(), host, state, epoch, slot.memoryBytes(), slot.vcpus(), migratingTo);
    }
}
