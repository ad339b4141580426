package io.godwit.shim;

/// What a guest's virtual processors are doing, as the hypervisor says it.
public enum RunState {
    /// Instructions are being executed.
    RUNNING,
    /// Complete, and able to run at any moment.
    PAUSED,
    /// Waiting for memory and device state; not able to run yet.
    INCOMING,
    /// The guest powered itself off or asked for a reboot, or panicked; its process is still there.
    SHUTDOWN,
    /// There is no process any more.
    GONE
}
