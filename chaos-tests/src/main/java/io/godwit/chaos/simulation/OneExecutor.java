package io.godwit.chaos.simulation;

import org.jspecify.annotations.Nullable;

/// At most one host can execute a guest.
final class OneExecutor implements Invariant {
    @Override
    public @Nullable String broken(World world) {
        for (SimulatedGuest guest : world.guests()) {
            Copy first = null;
            for (Copy copy : guest.copies()) {
                if (copy.answersFor()) {
                    if (first != null) {
                        return "guest " + guest.name() + " runs on "
                                + first.host().name() + " and on " + copy.host().name();
                    }
                    first = copy;
                }
            }
        }
        return null;
    }
}
