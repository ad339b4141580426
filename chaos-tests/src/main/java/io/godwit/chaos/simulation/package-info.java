/// A data centre in one thread: the classes that decide about owners in production run against a simulated
/// ZooKeeper, network, storage and hosts, where time is a number and every accident comes from a seed. After each
/// event the invariants are checked. The same seed gives the same run, event for event.
@NullMarked
package io.godwit.chaos.simulation;

import org.jspecify.annotations.NullMarked;
