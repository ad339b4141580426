package io.godwit.storage.failover;

import io.godwit.storage.Debt;

/// What a coordinator is to do. Asking a host is answered by [FailoverEvent.Answered], sooner or later.
public sealed interface FailoverAction {
    /// Ask a host to take the guest over from a dead one, and to start it.
    ///
    /// @param dead         its owner
    /// @param deadVersion  of that host's record
    /// @param epoch        that the dead host has it in
    /// @param debt         what the host is to note with the takeover
    record AskTakeover(String guest, String host, String dead, int deadVersion, long epoch, Debt debt)
            implements FailoverAction {}

    /// Ask a host to start a guest that is stopped and owed a start.
    ///
    /// @param debt  what the host is to note with its claim
    record AskStart(String guest, String host, Debt debt) implements FailoverAction {}

    /// Note why the guest does not run, for its operator.
    ///
    /// @param version  of the owner record that this is about
    /// @param debt     abandoned, if the guest is given up
    record Note(String guest, int version, Debt debt) implements FailoverAction {}

    /// Tell the operator, once for each change of the reason.
    record Log(String guest, String reason) implements FailoverAction {}
}
