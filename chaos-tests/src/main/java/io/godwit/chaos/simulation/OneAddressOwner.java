package io.godwit.chaos.simulation;

import org.jspecify.annotations.Nullable;

/// An address answers on one host at most, for the guest that the records say it belongs to.
final class OneAddressOwner implements Invariant {
    @Override
    public @Nullable String broken(World world) {
        for (SimulatedGuest guest : world.guests()) {
            for (Copy copy : guest.copies()) {
                if (!copy.answersFor()) {
                    continue;
                }
                SimulatedGuest holder = world.keeper().holder(guest.address());
                if (!guest.equals(holder)) {
                    return "address " + guest.address() + " answers for guest " + guest.name() + " on "
                            + copy.host().name() + ", but belongs to "
                            + (holder == null ? "nobody" : "guest " + holder.name());
                }
                for (SimulatedGuest other : world.guests()) {
                    if (!other.equals(guest)
                            && other.address().equals(guest.address())
                            && other.copies().stream().anyMatch(Copy::answersFor)) {
                        return "address " + guest.address() + " answers for " + guest.name() + " and " + other.name();
                    }
                }
            }
        }
        return null;
    }
}
