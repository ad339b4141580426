package io.godwit.shim.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/// Whether guests can run on the processor itself.
final class Kvm {
    private static final Path DEVICE = Path.of("/dev/kvm");
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
    private static final Pattern FLAG = Pattern.compile("(?m)^flags\\s*:.*\\b(vmx|svm)\\b");

    private Kvm() {}

    /// Why KVM cannot be used here; empty if it can.
    ///
    /// The device alone proves nothing: it may belong to a KVM without processor support, which creates machines
    /// and then hangs on ordinary guests.
    static Optional<String> obstacle() {
        return obstacle(DEVICE, CPU_INFO);
    }

    static Optional<String> obstacle(Path device, Path cpuInfo) {
        if (!Files.isReadable(device) || !Files.isWritable(device)) {
            return Optional.of("KVM cannot be used: " + device + " does not open");
        }
        try {
            return FLAG.matcher(Files.readString(cpuInfo)).find()
                    ? Optional.empty()
                    : Optional.of("KVM cannot be used: the processor offers neither vmx nor svm");
        } catch (IOException e) {
            return Optional.of("KVM cannot be used: " + cpuInfo + " cannot be read");
        }
    }

    /// QEMU's name of the accelerator that a setting comes to on this host: what is there, even if KVM is demanded.
    static String resolve(QemuSettings.Accelerator wanted, boolean kvmUsable) {
        return switch (wanted) {
            case AUTO, KVM -> kvmUsable ? "kvm" : "tcg";
            case TCG -> "tcg";
        };
    }
}
