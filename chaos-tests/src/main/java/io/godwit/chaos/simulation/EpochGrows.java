package io.godwit.chaos.simulation;

import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState.Stopped;
import io.godwit.storage.handover.OwnerContent;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The epoch of a record never shrinks, and grows at each change of owner and each start.
final class EpochGrows implements Invariant {
    private final Map<SimulatedGuest, OwnerRecord> last = new HashMap<>();

    @Override
    // Whether it is the very same record is all that has to be known to skip it.
    @SuppressWarnings("ReferenceEquality")
    public @Nullable String broken(World world) {
        for (SimulatedGuest guest : world.guests()) {
            OwnerContent content = world.keeper().owner(guest);
            OwnerRecord before = last.get(guest);
            if (content == null || content.record() == before) {
                continue;
            }
            OwnerRecord now = content.record();
            last.put(guest, now);
            if (before != null && now.epoch() < before.epoch() + (mustGrow(before, now) ? 1 : 0)) {
                return "the epoch of guest " + guest.name() + " did not grow from " + before + " to " + now;
            }
        }
        return null;
    }

    private static boolean mustGrow(OwnerRecord before, OwnerRecord now) {
        boolean started = before.state() instanceof Stopped && !(now.state() instanceof Stopped);
        return started || !before.host().equals(now.host());
    }
}
