package io.godwit.storage.handover;

import java.util.OptionalLong;
import java.util.UUID;

/// What a host wants of a guest's owner record. `host` is always the host that asks.
public sealed interface OwnerEvent {
    /// @return the guest's name, for the operator's sentences
    String guest();

    String host();

    /// Start the guest here.
    ///
    /// @param claim  fresh for each call
    record Claim(String guest, String host, String bootId, UUID claim) implements OwnerEvent {}

    /// Start the guest here afresh, for its owner is dead: its memory died with the host.
    ///
    /// @param dead         the host that owned the guest
    /// @param deadVersion  of that host's record when it was found dead. Every announcement raises it, so a
    ///                     host that came back in between makes the change fail
    /// @param epoch        that the dead host had the guest in
    /// @param claim        fresh for each call
    record TakeOver(String guest, String host, String bootId, String dead, int deadVersion, long epoch, UUID claim)
            implements OwnerEvent {}

    /// The guest has ended here.
    record Stop(String guest, String host, long epoch) implements OwnerEvent {}

    /// Remove the guest's records.
    record Forget(String guest, String host) implements OwnerEvent {}

    /// Allow the target to take the guest.
    record BeginHandover(String guest, String host, long epoch, String target, UUID migration) implements OwnerEvent {}

    /// Keep the guest after all.
    ///
    /// @param epoch  of the copy that waits here, if it is known: a record of another epoch speaks of another copy
    record TakeBack(String guest, String host, UUID migration, OptionalLong epoch) implements OwnerEvent {}

    /// Take the guest that has arrived here.
    record Commit(String guest, String host, String bootId, UUID migration) implements OwnerEvent {}

    /// Find out whether the guest found here may run here.
    record Settle(String guest, String host) implements OwnerEvent {}
}
