package io.godwit.agent.guard;

import io.godwit.storage.LeaseSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// How a host's lease begins.
///
/// @param sessionTimeoutMs as configured; what ZooKeeper negotiates counts as soon as it is known
/// @param directory        where the guard has its socket
/// @param watchdog         the device that the guard keeps quiet; empty for none
/// @param recordedWaitMs   what this host's record says now: [io.godwit.storage.HostEntry#leaseTakeoverWaitMs]
/// @param relaxed          whether guests may run without the lease from the beginning; only if the record says 0
public record LeasePlan(
        LeaseSettings settings,
        int sessionTimeoutMs,
        Path directory,
        String watchdog,
        long recordedWaitMs,
        boolean relaxed) {

    public LeasePlan {
        if (relaxed && recordedWaitMs != 0) {
            throw new IllegalArgumentException("The lease would not be enforced though the record says so");
        }
    }

    /// Whether a guard is at work on this host, and so the guests it knows have deadlines.
    public static boolean guarded(Path directory) {
        return new GuardPlace(directory).guard().isPresent();
    }

    /// @throws IOException if there is to be a watchdog, and it cannot be used
    public void requireWatchdog() throws IOException {
        Optional<String> obstacle = watchdog.isEmpty() ? Optional.empty() : Watchdog.obstacle(Path.of(watchdog));
        if (obstacle.isPresent()) {
            throw new IOException(obstacle.get() + "; load its driver, such as softdog, or remove lease.watchdog");
        }
    }

    /// What speaks against a watchdog, found out without arming it.
    public static Optional<String> watchdogObstacle(Path watchdog) {
        return Watchdog.obstacle(watchdog);
    }

    GuardPlace place() {
        return new GuardPlace(directory, watchdog);
    }
}
