package io.godwit.shim.qemu;

import io.godwit.shim.Guest.EndReason;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import java.util.Optional;

/// What QEMU's words for a guest's state come to.
final class RunStates {
    /// QEMU's state after its device state was saved: the disks are given up.
    static final String POSTMIGRATE = "postmigrate";

    /// The guest powered itself off, or asked for a reboot, which QEMU does not tell apart here.
    static final String SHUTDOWN = "shutdown";

    private RunStates() {}

    static RunState of(String status) throws HypervisorException {
        return switch (status) {
            case "running" -> RunState.RUNNING;
            case "inmigrate" -> RunState.INCOMING;
            // Started and not yet run; stopped by us, by a full disk, by a watchdog, or to save the state.
            case "prelaunch",
                    "paused",
                    "suspended",
                    "io-error",
                    "watchdog",
                    "save-vm",
                    "finish-migrate",
                    POSTMIGRATE,
                    "debug" -> RunState.PAUSED;
            case SHUTDOWN, "guest-panicked", "internal-error" -> RunState.SHUTDOWN;
            default -> throw new HypervisorException("QEMU tells a run state that is unknown here: " + status);
        };
    }

    /// The end that an event tells of; empty if it tells of none.
    static Optional<EndReason> end(QmpEvent event) {
        return switch (event.name()) {
            case "SHUTDOWN" -> Optional.of(shutdown(event.data().path("reason").asString("")));
            case "GUEST_PANICKED" -> Optional.of(EndReason.CRASH);
            default -> Optional.empty();
        };
    }

    private static EndReason shutdown(String reason) {
        return switch (reason) {
            case "guest-shutdown" -> EndReason.POWEROFF;
            case "guest-reset", "host-qmp-system-reset" -> EndReason.REBOOT;
            case "host-qmp-quit", "host-signal", "host-ui" -> EndReason.DESTROYED;
            default -> EndReason.CRASH;
        };
    }
}
