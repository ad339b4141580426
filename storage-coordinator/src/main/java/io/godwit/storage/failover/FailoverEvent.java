package io.godwit.storage.failover;

/// What a coordinator learns.
public sealed interface FailoverEvent {
    record Observed(ClusterView view) implements FailoverEvent {}

    /// A host that was asked has answered, or did not in time.
    ///
    /// @param host   that was asked
    /// @param error  why the guest does not run there; empty if it does
    record Answered(String guest, String host, String error) implements FailoverEvent {}
}
