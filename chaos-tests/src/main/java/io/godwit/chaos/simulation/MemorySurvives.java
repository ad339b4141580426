package io.godwit.chaos.simulation;

import org.jspecify.annotations.Nullable;

/// Unless an accident took the process that held it, the newest memory of a guest is somewhere, and what runs has
/// it: nothing that a guest did is ever undone by moving it.
final class MemorySurvives implements Invariant {
    @Override
    public @Nullable String broken(World world) {
        for (SimulatedGuest guest : world.guests()) {
            boolean found = false;
            for (Copy copy : guest.copies()) {
                boolean newest = copy.state() != Copy.State.GONE && guest.isNewest(copy.memory());
                found |= newest;
                if (copy.answersFor() && !newest) {
                    return "guest " + guest.name() + " runs on " + copy.host().name() + " with an old memory, "
                            + copy.memory();
                }
            }
            if (!found && !guest.lifeMayEnd()) {
                return "the memory of guest " + guest.name() + " is nowhere, though no accident took it";
            }
        }
        return null;
    }
}
