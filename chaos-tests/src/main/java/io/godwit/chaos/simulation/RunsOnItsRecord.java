package io.godwit.chaos.simulation;

import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState.Stopped;
import io.godwit.storage.handover.OwnerContent;
import org.jspecify.annotations.Nullable;

/// A host executes a guest only while the record names that host, in the epoch the host knows.
final class RunsOnItsRecord implements Invariant {
    @Override
    public @Nullable String broken(World world) {
        for (SimulatedGuest guest : world.guests()) {
            OwnerContent content = world.keeper().owner(guest);
            for (Copy copy : guest.copies()) {
                if (copy.answersFor() && !(content != null && names(content.record(), copy))) {
                    return "guest " + guest.name() + " runs on " + copy.host().name() + " in epoch " + copy.epoch()
                            + ", but the record is " + content;
                }
            }
        }
        return null;
    }

    private static boolean names(OwnerRecord record, Copy copy) {
        return record.host().equals(copy.host().name())
                && record.epoch() == copy.epoch()
                && !(record.state() instanceof Stopped);
    }
}
