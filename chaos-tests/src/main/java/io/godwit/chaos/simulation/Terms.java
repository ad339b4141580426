package io.godwit.chaos.simulation;

import io.godwit.storage.LeaseSettings;
import io.godwit.storage.LeaseTimes;

/// The lease that all hosts of a run hold, and the session it stands on. All are settings that production accepts.
record Terms(LeaseSettings settings, LeaseTimes times) {
    /// As delivered.
    static final Terms USUAL = of(LeaseSettings.DEFAULT, 6_000);

    /// Everything fast, so that many takeovers fit into one run.
    static final Terms SHORT = of(new LeaseSettings(0.25, 300, 300, 2_000, 300, 500), 3_000);

    /// Guests stay paused for long before they are killed: a host can be back long after its session has ended and go
    /// on, and the storage may keep writes for longer.
    static final Terms PATIENT = of(new LeaseSettings(0.25, 1_000, 300, 5_000, 300, 2_000), 6_000);

    private static Terms of(LeaseSettings settings, int sessionTimeoutMs) {
        return new Terms(settings, LeaseTimes.of(settings, sessionTimeoutMs));
    }

    int sessionTimeoutMs() {
        return times.sessionTimeoutMs();
    }

    long sessionMicros() {
        return sessionTimeoutMs() * Scheduler.MS;
    }

    /// A client that hears nothing for so long looks for another server.
    long silenceMicros() {
        return sessionMicros() * 2 / 3;
    }

    /// Between the latest moment at which a guest has been paused and the earliest at which another host may start it.
    long quietMicros() {
        return (times.killedByMs() - times.pausedByMs()) * Scheduler.MS;
    }
}
