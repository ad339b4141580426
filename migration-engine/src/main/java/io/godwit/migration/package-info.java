/// Moves a running guest from this host to another: memory in iterative rounds while it runs, then a short
/// switchover.
///
/// The engine knows no ZooKeeper. Who may run the guest is asked of a [io.godwit.migration.SwitchoverGate],
/// which the agent answers.
@NullMarked
package io.godwit.migration;

import org.jspecify.annotations.NullMarked;
