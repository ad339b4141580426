/// What the agent's tests run agents with: hypervisors and engines that do what a test tells them to, on real
/// ZooKeeper records.
@NullMarked
package io.godwit.agent.testing;

import org.jspecify.annotations.NullMarked;
