package io.godwit.agent.guests;

import io.godwit.shim.Guest;
import java.util.UUID;

/// What stands behind a name in the [GuestTable].
///
/// | from | to | when |
/// |---|---|---|
/// | - | Reserved | a guest is about to be started, or its record to be settled |
/// | - | Arriving | another host has offered a guest |
/// | - | Here, Unmanaged | the agent found the guest when it started |
/// | Reserved | Here | the guest was started |
/// | Here | Reserved | the guest has ended, and its record is being brought up to date |
/// | Arriving | Here | the record says the guest is this host's |
/// | Here | Leaving | a migration has begun |
/// | Leaving | Here | the migration did not complete |
/// | any but Leaving with its guest alive | - | the guest has ended, or stayed elsewhere, or has moved |
public sealed interface SlotState {
    /// Nothing runs under this name, and nothing may be started under it either.
    ///
    /// @param purpose why, in a few words that continue "it is ..."
    record Reserved(String purpose) implements SlotState {}

    /// The guest is this host's.
    record Here(Guest guest, long epoch) implements SlotState {}

    /// The guest is this host's, and being sent to another.
    record Leaving(Guest guest, long epoch, String target, UUID migration) implements SlotState {}

    /// The guest is another host's, and being received.
    record Arriving(String source, UUID migration) implements SlotState {}

    /// A process of this name is there, but the agent could not get hold of it. Its record is left alone.
    record Unmanaged(String reason) implements SlotState {}

    /// The state in words that continue "Guest x ...".
    default String words() {
        return switch (this) {
            case Reserved s -> "is " + s.purpose();
            case Here _ -> "is on this host";
            case Leaving s -> "is migrating to " + s.target();
            case Arriving s -> "is arriving from " + s.source();
            case Unmanaged s -> "is out of this agent's reach: " + s.reason();
        };
    }
}
