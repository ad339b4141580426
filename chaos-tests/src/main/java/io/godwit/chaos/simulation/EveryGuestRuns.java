package io.godwit.chaos.simulation;

import io.godwit.chaos.simulation.SlotState.Here;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState.Running;
import io.godwit.storage.handover.OwnerContent;
import org.jspecify.annotations.Nullable;

/// Some time after the last accident, every guest runs on the one host that its record names, can write its image, and
/// that host's agent knows it. Only the guests of a host that is lost for good may be missing, and only where an
/// operator has switched failover off or the host's record does not say that it enforced its lease. Asked at the end
/// only.
final class EveryGuestRuns implements Invariant {
    @Override
    public @Nullable String broken(World world) {
        for (SimulatedGuest guest : world.guests()) {
            OwnerContent content = world.keeper().owner(guest);
            if (guest.intruder()) {
                continue;
            }
            if (content == null) {
                return "guest " + guest.name() + " has no record";
            }
            OwnerRecord record = content.record();
            SimulatedHost host = world.hosts().stream()
                    .filter(candidate -> candidate.name().equals(record.host()))
                    .findFirst()
                    .orElseThrow();
            boolean left = host.lost() && !(record.state() instanceof OwnerRecord.OwnerState.Stopped);
            if (!(left && nobodyMayTakeOver(world, host)) && !runs(guest, record, host)) {
                return "guest " + guest.name() + " does not run, its record is " + record;
            }
        }
        return null;
    }

    private static boolean nobodyMayTakeOver(World world, SimulatedHost host) {
        HostRecords records = world.keeper().hosts();
        return !records.failover().on() || records.newest(host).takeoverWaitMs() == 0;
    }

    private static boolean runs(SimulatedGuest guest, OwnerRecord record, SimulatedHost host) {
        Agent agent = host.agent();
        return record.state() instanceof Running
                && agent != null
                && agent.slot(guest) instanceof Here(Copy copy, long epoch)
                && epoch == record.epoch()
                && copy.executes()
                && copy.canWrite()
                && copy.epoch() == epoch
                && guest.copies().size() == 1;
    }
}
