/// The guests of this host: which there are, what may be done to them and in which order, and how their records
/// in ZooKeeper keep pace.
///
/// Three rules hold everywhere in here. A guest is started only after its record says so. A record is given up
/// only after the guest has stopped. And where ZooKeeper leaves an outcome undecided, the name stays reserved
/// until it is known.
@NullMarked
package io.godwit.agent.guests;

import org.jspecify.annotations.NullMarked;
