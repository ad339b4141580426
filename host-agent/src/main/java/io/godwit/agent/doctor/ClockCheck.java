package io.godwit.agent.doctor;

import java.util.List;
import java.util.Optional;

/// Whether something keeps the host's clock right. Owner and lease do not depend on it; certificates, logs and guests
/// do.
final class ClockCheck {
    private ClockCheck() {}

    static Finding check(Command command) throws InterruptedException {
        Optional<String> systemd = command.output(List.of("timedatectl", "show", "-p", "NTPSynchronized", "--value"));
        if (systemd.isPresent() && systemd.get().equals("yes")) {
            return Finding.ok("clock", "synchronized");
        }
        Optional<String> chrony = command.output(List.of("chronyc", "-n", "tracking"));
        if (chrony.isPresent() && chrony.get().contains("Leap status     : Normal")) {
            return Finding.ok("clock", "synchronized by chrony");
        }
        return systemd.isPresent() || chrony.isPresent()
                ? Finding.warn("clock", "not synchronized", "apt install chrony")
                : Finding.warn(
                        "clock",
                        "neither timedatectl nor chronyc can say whether it is synchronized",
                        "apt install chrony");
    }
}
