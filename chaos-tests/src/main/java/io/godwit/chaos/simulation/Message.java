package io.godwit.chaos.simulation;

import io.godwit.storage.Debt;
import java.util.UUID;

/// What source and target say to each other, as far as it matters to who owns the guest.
sealed interface Message {
    UUID migration();

    /// @param epoch that the source has the guest in
    record Prepare(UUID migration, SimulatedGuest guest, long epoch) implements Message {
        @Override
        public String toString() {
            return "Prepare " + guest.name();
        }
    }

    record Prepared(UUID migration) implements Message {}

    /// The guest is not taken.
    record Refused(UUID migration) implements Message {}

    record Heartbeat(UUID migration) implements Message {}

    /// Everything, the device state too.
    record Complete(UUID migration, Memory memory, boolean paused) implements Message {}

    /// The guest is the target's.
    record Running(UUID migration, long epoch) implements Message {}

    record Abort(UUID migration) implements Message {}

    /// A coordinator asks a host to take over what another left behind.
    ///
    /// @param migration   of this attempt
    /// @param deadVersion of the dead host's record when it was found dead
    /// @param debt        what is to be noted with it
    record TakeOver(UUID migration, SimulatedGuest guest, String dead, int deadVersion, long epoch, Debt debt)
            implements Message {
        @Override
        public String toString() {
            return "TakeOver " + guest.name() + " of " + dead + ", epoch " + epoch;
        }
    }

    /// A coordinator asks a host to start what is stopped and owed a start.
    ///
    /// @param migration of this attempt
    record StartOwed(UUID migration, SimulatedGuest guest, Debt debt) implements Message {
        @Override
        public String toString() {
            return "StartOwed " + guest.name() + ", " + debt;
        }
    }

    /// What came of either.
    ///
    /// @param error empty if the guest runs
    record TakenOver(UUID migration, String error) implements Message {}

    /// From the kernel: nobody here knows this connection.
    record Reset(UUID migration) implements Message {}
}
