package io.godwit.storage;

/// A guest's records as read at one moment: good for display and for a next compare-and-set, never for a
/// decision.
///
/// @param specification  JSON, opaque to the coordinator
/// @param version        of the owner record: what a compare-and-set compares
public record GuestEntry(String guest, String specification, OwnerRecord owner, int version) {}
