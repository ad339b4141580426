package io.godwit.storage.zookeeper;

import java.util.UUID;

/// The content of `/hosts/<host>/alive`: which agent it is that says it is alive.
///
/// @param instance  fresh for each connection an agent makes
record AliveRecord(String bootId, ProcessIdentity process, UUID instance) {}
