/// The lease at work: guests are paused and then killed when this host has not heard from ZooKeeper for too
/// long.
///
/// Two processes. The agent ([LeaseKeeper]) renews the lease and feeds the guard with deadlines. The guard
/// ([Guard]) knows nothing but those and the guests' processes, and acts when they pass: also when the agent
/// is stopped, swapped out, in a long collection, or dead.
@NullMarked
package io.godwit.agent.guard;

import org.jspecify.annotations.NullMarked;
