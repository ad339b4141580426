package io.godwit.storage.zookeeper;

/// The content of an image's or address's record: the guest that owns it, and the epoch in which it took it.
record HolderRecord(String guest, long epoch) {}
