package io.godwit.storage;

/// A host's record and its `alive` hint, read at one moment.
///
/// @param version  of the record, which every announcement of the host raises: what a takeover compares
public record HostSighting(HostEntry host, int version) {}
