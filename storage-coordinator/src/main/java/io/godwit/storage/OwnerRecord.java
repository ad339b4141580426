package io.godwit.storage;

import java.util.UUID;

/// Who may run a guest: the content of `/godwit/guests/<guest>/owner`.
///
/// @param host    the owner; the only host that may run the guest, except under [OwnerState.Handover], where
///                the owner may run it until it pauses it and the target may take it
/// @param bootId  the owner's kernel boot id when it became owner: a guest cannot outlive its host's boot
/// @param epoch   grows by one at every change of owner and every start; the fencing token
public record OwnerRecord(String host, String bootId, long epoch, OwnerState state) {

    public sealed interface OwnerState {
        record Running() implements OwnerState {}

        record Handover(String target, UUID migration) implements OwnerState {}

        record Stopped() implements OwnerState {}
    }
}
