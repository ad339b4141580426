package io.godwit.storage;

import org.jspecify.annotations.Nullable;

/// A guest's records as read at one moment: good for display and for a next compare-and-set, never for a
/// decision.
///
/// @param specification  JSON, opaque to the coordinator
/// @param claims         its images and addresses
/// @param version        of the owner record: what a compare-and-set compares
/// @param firstEpoch     that the guest began with when its records were made
/// @param debt           null if the cluster owes the guest nothing
public record GuestEntry(
        String guest,
        String specification,
        Claims claims,
        OwnerRecord owner,
        int version,
        long firstEpoch,
        @Nullable Debt debt) {

    /// Of a guest that owns nothing and is owed nothing.
    public GuestEntry(String guest, String specification, OwnerRecord owner, int version) {
        this(guest, specification, Claims.NONE, owner, version, 1, null);
    }
}
