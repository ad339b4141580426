/// The coordinator: the one agent of a cluster that looks after guests of dead hosts. What it decides is in
/// `io.godwit.storage.failover`; here it reads, asks and tells.
@NullMarked
package io.godwit.agent.failover;

import org.jspecify.annotations.NullMarked;
