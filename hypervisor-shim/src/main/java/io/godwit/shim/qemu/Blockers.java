package io.godwit.shim.qemu;

import io.godwit.shim.GuestSpec;
import io.godwit.shim.GuestSpec.Boot;
import io.godwit.shim.GuestSpec.Disk;
import io.godwit.shim.GuestSpec.Nic;
import io.godwit.shim.Hypervisor.Capabilities;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.NetworkInterfaces;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Everything that would keep a guest from starting on this host, found without touching anything.
final class Blockers {
    private static final byte[] QCOW2_MAGIC = {'Q', 'F', 'I', (byte) 0xfb};

    private final QemuSettings settings;
    private final Capabilities capabilities;
    private final GuestSpec spec;
    private final Set<String> remote;
    private final List<String> found = new ArrayList<>();

    private Blockers(QemuSettings settings, Capabilities capabilities, GuestSpec spec, Set<String> remote) {
        this.settings = settings;
        this.capabilities = capabilities;
        this.spec = spec;
        this.remote = remote;
    }

    /// @param kvmObstacle why KVM cannot be used here; empty if it can
    /// @param remote      paths of images that are not looked for here
    static List<String> find(
            QemuSettings settings,
            Capabilities capabilities,
            Optional<String> kvmObstacle,
            GuestSpec spec,
            Set<String> remote) {
        Blockers blockers = new Blockers(settings, capabilities, spec, remote);
        if (settings.accelerator() == QemuSettings.Accelerator.KVM) {
            kvmObstacle.ifPresent(blockers.found::add);
        }
        blockers.checkName();
        blockers.checkMachine();
        blockers.checkMemory();
        blockers.checkBoot();
        spec.disks().forEach(blockers::checkDisk);
        spec.nics().forEach(blockers::checkNic);
        return List.copyOf(blockers.found);
    }

    private void checkName() {
        GuestFolder folder = GuestFolder.of(settings.runDirectory(), spec.name());
        if (folder.exists()) {
            found.add("There is already a guest of this name on this host, or what is left of one: " + spec.name());
        }
        found.addAll(folder.pathProblems());
    }

    private void checkMachine() {
        if (!capabilities.machineTypes().contains(spec.machineType())) {
            found.add(capabilities.version() + " here does not know the machine type: " + spec.machineType());
        }
        if (!capabilities.cpuModels().contains(spec.cpuModel())) {
            found.add("The CPU model is not available here, or not with every feature, under "
                    + capabilities.accelerator() + ": " + spec.cpuModel());
        }
    }

    private void checkMemory() {
        try {
            long available = HostMemory.availableBytes(settings.ramDirectory());
            if (available < spec.memoryBytes()) {
                found.add("There is not enough free memory for the guest's " + spec.memoryBytes() + " bytes: "
                        + available + " bytes");
            }
        } catch (HypervisorException e) {
            found.add(String.valueOf(e.getMessage()));
        }
    }

    private void checkBoot() {
        Boot boot = spec.boot();
        if (boot != null) {
            checkReadable("kernel", boot.kernel());
            if (boot.ramdisk() != null) {
                checkReadable("ramdisk", boot.ramdisk());
            }
        }
    }

    private void checkDisk(Disk disk) {
        if (remote.contains(disk.path())) {
            return;
        }
        Path path = Path.of(disk.path());
        if (!checkReadable("image of disk " + disk.device(), disk.path())) {
            return;
        }
        if (!disk.readOnly() && !Files.isWritable(path)) {
            found.add("The image of disk " + disk.device() + " cannot be written: " + path);
        }
        try (InputStream in = Files.newInputStream(path)) {
            boolean qcow2 = Arrays.equals(in.readNBytes(QCOW2_MAGIC.length), QCOW2_MAGIC);
            switch (disk.format()) {
                case QCOW2 -> {
                    if (!qcow2) {
                        found.add("The image of disk " + disk.device() + " is not in format qcow2: " + path);
                    }
                }
                case RAW -> {
                    if (qcow2) {
                        found.add("The image of disk " + disk.device() + " is qcow2, and configured as raw: " + path);
                    }
                }
            }
        } catch (IOException e) {
            found.add("The image of disk " + disk.device() + " cannot be read: " + path + ": " + e.getMessage());
        }
    }

    private void checkNic(Nic nic) {
        @Nullable String bridge = nic.bridge() == null ? settings.bridge() : nic.bridge();
        if (bridge == null) {
            found.add("Network card " + nic.mac() + " names no bridge, and this host has no default");
            return;
        }
        try {
            if (NetworkInterfaces.index(bridge).isEmpty()) {
                found.add("There is no bridge " + bridge + " for network card " + nic.mac());
            }
        } catch (HypervisorException e) {
            found.add(String.valueOf(e.getMessage()));
        }
    }

    private boolean checkReadable(String what, String path) {
        Path file = Path.of(path);
        if (!Files.exists(file)) {
            found.add("There is no " + what + ": " + path);
            return false;
        }
        if (Files.isDirectory(file) || !Files.isReadable(file)) {
            found.add("The " + what + " cannot be read: " + path);
            return false;
        }
        return true;
    }
}
