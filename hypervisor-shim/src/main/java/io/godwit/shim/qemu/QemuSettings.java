package io.godwit.shim.qemu;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How this host runs QEMU. All paths are absolute.
///
/// @param binary              `qemu-system-x86_64`
/// @param runDirectory        one folder a guest: sockets, logs, process id, specification. Made if missing
/// @param ramDirectory        guests' RAM files: a tmpfs, or a hugetlbfs. Made if missing
/// @param bridge              the bridge of network cards whose specification names none; null if there is none
/// @param accelerator         how guest instructions are executed
/// @param commandTimeout      longest wait for QEMU's answer to one command
/// @param startTimeout        longest wait for a new QEMU to be ready
/// @param deviceStateTimeout  longest wait for a device state to be saved or loaded
public record QemuSettings(
        Path binary,
        Path runDirectory,
        Path ramDirectory,
        @Nullable String bridge,
        Accelerator accelerator,
        Duration commandTimeout,
        Duration startTimeout,
        Duration deviceStateTimeout) {

    public QemuSettings {
        checkAbsolute("binary", binary);
        checkAbsolute("runDirectory", runDirectory);
        checkAbsolute("ramDirectory", ramDirectory);
        checkPositive("commandTimeout", commandTimeout);
        checkPositive("startTimeout", startTimeout);
        checkPositive("deviceStateTimeout", deviceStateTimeout);
    }

    /// Settings for Debian's QEMU with KVM where it works, and timeouts that only a host in trouble reaches.
    public static QemuSettings of(Path runDirectory, Path ramDirectory, @Nullable String bridge) {
        return new QemuSettings(
                Path.of("/usr/bin/qemu-system-x86_64"),
                runDirectory,
                ramDirectory,
                bridge,
                Accelerator.AUTO,
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                Duration.ofSeconds(30));
    }

    public QemuSettings withAccelerator(Accelerator chosen) {
        return new QemuSettings(
                binary, runDirectory, ramDirectory, bridge, chosen, commandTimeout, startTimeout, deviceStateTimeout);
    }

    public enum Accelerator {
        /// KVM where it works, TCG otherwise.
        AUTO,
        KVM,
        TCG
    }

    private static void checkAbsolute(String name, Path path) {
        if (!path.isAbsolute()) {
            throw new IllegalArgumentException("The setting " + name + " is not an absolute path: " + path);
        }
    }

    private static void checkPositive(String name, Duration duration) {
        if (!duration.isPositive()) {
            throw new IllegalArgumentException("The setting " + name + " is not a positive time: " + duration);
        }
    }
}
