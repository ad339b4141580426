package io.godwit.chaos.simulation;

import org.jspecify.annotations.Nullable;

/// What a guest was told is on its image, is there.
final class WritesSurvive implements Invariant {
    @Override
    public @Nullable String broken(World world) {
        for (SimulatedGuest guest : world.guests()) {
            if (guest.image().content() < guest.acknowledged()) {
                return "guest " + guest.name() + " was told that record " + guest.acknowledged()
                        + " is written, but the image holds record "
                        + guest.image().content();
            }
        }
        return null;
    }
}
