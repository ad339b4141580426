package io.godwit.storage.zookeeper;

import io.godwit.storage.Claims;

/// The content of `/guests/<guest>`.
///
/// @param specification  opaque
/// @param claims         what the guest owns, so that it can be given up without searching for it
record GuestRecord(String specification, Claims claims) {}
