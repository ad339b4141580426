package io.godwit.storage.zookeeper;

import io.godwit.storage.Claims;

/// The content of `/guests/<guest>`.
///
/// @param specification  opaque
/// @param claims         what the guest owns, so that it can be given up without searching for it
/// @param firstEpoch     that the guest began with when this record was made
record GuestRecord(String specification, Claims claims, long firstEpoch) {}
