package io.godwit.chaos.simulation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// At most one process can write an image, and what arrives there is never of an older epoch than one that has
/// started.
final class OneWriter implements Invariant {
    @Override
    public @Nullable String broken(World world) {
        for (SimulatedGuest guest : world.guests()) {
            Copy first = null;
            // One process alone is not worth asking, and this is asked after every event.
            for (Copy copy : guest.copies().size() > 1 ? guest.copies() : List.<Copy>of()) {
                if (copy.canWrite()) {
                    if (first != null) {
                        return "the image of guest " + guest.name() + " can be written by "
                                + first.host().name() + " and by " + copy.host().name();
                    }
                    first = copy;
                }
            }
            if (!guest.image().stale().isEmpty()) {
                return "the image of guest " + guest.name() + " was written late: "
                        + guest.image().stale();
            }
        }
        return null;
    }
}
