package io.godwit.shim.qemu;

/// Hears what happens on one QMP connection. Called on the connection's reader: must neither block nor send
/// commands.
interface QmpListener {
    void event(QmpEvent event);

    /// The connection is over, whoever ended it. Called once, after the last event.
    void closed();
}
