/// Images on image servers: the role `storage`, in which an agent serves them (`ImageServer`), and the way of all
/// agents to those who do (`ImageGrants`). What may be granted is decided in `io.godwit.storage.fencing`; here are the
/// disk, the daemon and the network.
@NullMarked
package io.godwit.agent.storage;

import org.jspecify.annotations.NullMarked;
