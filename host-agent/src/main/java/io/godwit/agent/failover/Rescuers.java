package io.godwit.agent.failover;

import io.godwit.agent.api.TakeoverRequest;
import io.godwit.storage.HostEntry;

/// Asks hosts to start guests.
@FunctionalInterface
public interface Rescuers {
    /// Waits for the answer, at most for minutes.
    ///
    /// @return why the guest does not run there, a sentence; empty if it does. A host that does not answer may have
    ///         started it all the same
    String ask(HostEntry host, String guest, TakeoverRequest request) throws InterruptedException;
}
