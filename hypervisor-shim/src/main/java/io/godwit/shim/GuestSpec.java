package io.godwit.shim;

import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Everything a host needs to start a guest, or to start the QEMU that will receive it. It travels as JSON
/// between agents and in the guest's record, so every value is checked here, wherever it came from.
///
/// @param name          the guest's name: a letter or digit, then up to 62 of `[A-Za-z0-9_.-]`; also a file name
/// @param uuid          what the guest sees as its system UUID; the same before and after a move
/// @param memoryBytes   RAM, a multiple of 2 MiB, from 16 MiB to 4 TiB
/// @param vcpus         1 to 288
/// @param machineType   a *versioned* machine type such as `pc-q35-7.2`, for an alias means something else on
///                      each host
/// @param cpuModel      QEMU's name of the CPU model
/// @param boot          kernel, ramdisk and command line; null to boot from the first disk
/// @param disks         in the order the guest sees them
/// @param nics          in the order the guest sees them
/// @param onPoweroff    what happens when the guest powers itself off
/// @param onReboot      what happens when the guest reboots
/// @param onCrash       what happens when the guest panics or its QEMU dies
public record GuestSpec(
        String name,
        UUID uuid,
        long memoryBytes,
        int vcpus,
        String machineType,
        String cpuModel,
        @Nullable Boot boot,
        List<Disk> disks,
        List<Nic> nics,
        OnEvent onPoweroff,
        OnEvent onReboot,
        OnEvent onCrash) {

    public static final long MEMORY_BYTES_MIN = 16L << 20;
    public static final long MEMORY_BYTES_MAX = 4L << 40;
    public static final long MEMORY_BYTES_MULTIPLE = 2L << 20;
    public static final int VCPUS_MAX = 288;
    public static final int DISKS_MAX = 32;
    public static final int NICS_MAX = 16;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,62}");
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.+-]{0,126}");
    private static final Pattern BRIDGE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,14}");
    private static final Pattern MAC = Pattern.compile("([0-9a-f]{2}:){5}[0-9a-f]{2}");

    public GuestSpec {
        check(NAME.matcher(name).matches(), "Guest name is not [A-Za-z0-9][A-Za-z0-9_.-]{0,62}: " + name);
        check(
                memoryBytes >= MEMORY_BYTES_MIN
                        && memoryBytes <= MEMORY_BYTES_MAX
                        && memoryBytes % MEMORY_BYTES_MULTIPLE == 0,
                "Memory is not a multiple of 2 MiB from 16 MiB to 4 TiB: " + memoryBytes + " bytes");
        check(vcpus >= 1 && vcpus <= VCPUS_MAX, "vcpus is not from 1 to " + VCPUS_MAX + ": " + vcpus);
        check(WORD.matcher(machineType).matches(), "Machine type is not a QEMU name: " + machineType);
        check(WORD.matcher(cpuModel).matches(), "CPU model is not a QEMU name: " + cpuModel);
        disks = List.copyOf(disks);
        nics = List.copyOf(nics);
        check(disks.size() <= DISKS_MAX, "More than " + DISKS_MAX + " disks: " + disks.size());
        check(nics.size() <= NICS_MAX, "More than " + NICS_MAX + " network cards: " + nics.size());
    }

    /// Direct kernel boot. Paths are absolute and the same on every host.
    public record Boot(String kernel, @Nullable String ramdisk, String commandLine) {
        public Boot {
            checkPath(kernel);
            if (ramdisk != null) {
                checkPath(ramdisk);
            }
            check(commandLine.length() <= 2047, "Kernel command line is longer than 2047 characters");
        }
    }

    /// One disk. Its image stands at an absolute path that is the same on every host, or belongs to an image
    /// server.
    ///
    /// @param device   the name the guest file gave it (`xvda`, `vda`, `sda`): unique within the guest
    /// @param path     absolute path of a file or block device
    public record Disk(String device, String path, Format format, boolean readOnly) {
        public Disk {
            check(WORD.matcher(device).matches(), "Disk device is not a name: " + device);
            checkPath(path);
        }

        public enum Format {
            RAW,
            QCOW2
        }
    }

    /// One network card.
    ///
    /// @param mac        six lower-case hexadecimal pairs; unicast
    /// @param bridge     the bridge its tap joins; null means the host's configured bridge
    /// @param addresses  the IP addresses the guest answers on, as literals: announced after a move
    public record Nic(String mac, @Nullable String bridge, List<String> addresses) {
        public Nic {
            check(MAC.matcher(mac).matches(), "MAC is not six lower-case hexadecimal pairs: " + mac);
            check((Integer.parseInt(mac, 0, 2, 16) & 1) == 0, "MAC is a multicast address: " + mac);
            check(bridge == null || BRIDGE.matcher(bridge).matches(), "Bridge is not an interface name: " + bridge);
            addresses = List.copyOf(addresses);
            check(addresses.size() <= 16, "More than 16 addresses on one network card");
        }
    }

    public enum OnEvent {
        DESTROY,
        RESTART,
        PRESERVE
    }

    private static void checkPath(String path) {
        check(
                path.startsWith("/") && path.length() <= 1024 && path.chars().noneMatch(c -> c < ' ' || c == 0x7f),
                "Path is not absolute, or too long, or holds control characters: " + path);
    }

    private static void check(boolean ok, String message) {
        if (!ok) {
            throw new IllegalArgumentException(message);
        }
    }
}
