/// The records of who owns what, on a ZooKeeper reached through Curator. What a record may become is decided in
/// `io.godwit.storage.handover`; here it is read, written, and carried through lost answers.
@NullMarked
package io.godwit.storage.zookeeper;

import org.jspecify.annotations.NullMarked;
