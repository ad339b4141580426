package io.godwit.chaos.lab;

import io.godwit.chaos.workload.GuestWorkload;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A guest of the lab, and its guest file in the syntax of xl.cfg.
///
/// @param number      from 1 to 99: its addresses follow from it
/// @param memoryMiB   RAM
/// @param disk        its image, which the workload's disk writer writes to; null for none
/// @param bridge      empty for the host's own
/// @param extraLines  more lines for the guest file
public record GuestFile(
        String name,
        int number,
        int memoryMiB,
        int vcpus,
        GuestWorkload workload,
        @Nullable Path disk,
        String bridge,
        List<String> extraLines) {

    public GuestFile {
        extraLines = List.copyOf(extraLines);
        if (number < 1 || number > 99) {
            throw new IllegalArgumentException("Guest number is not from 1 to 99: " + number);
        }
    }

    public String address() {
        return "10.77.1." + number;
    }

    public String address6() {
        return "fd77::1:" + number;
    }

    /// Its address in the lab's VLAN.
    public String vlanAddress() {
        return "10.79.1." + number;
    }

    /// Its image.
    ///
    /// @throws IllegalStateException if it has none
    public Path image() {
        if (disk == null) {
            throw new IllegalStateException("Guest has no disk: " + name);
        }
        return disk;
    }

    /// Of its network card.
    public String mac() {
        return "52:54:00:77:01:%02x".formatted(number);
    }

    public GuestFile withMemoryMiB(int mib) {
        return new GuestFile(name, number, mib, vcpus, workload, disk, bridge, extraLines);
    }

    public GuestFile withBridge(String other) {
        return new GuestFile(name, number, memoryMiB, vcpus, workload, disk, other, extraLines);
    }

    public GuestFile withDisk(@Nullable Path image) {
        return new GuestFile(name, number, memoryMiB, vcpus, workload, image, bridge, extraLines);
    }

    public GuestFile withExtraLines(String... lines) {
        return new GuestFile(name, number, memoryMiB, vcpus, workload, disk, bridge, List.of(lines));
    }

    /// The text of the guest file.
    String text(GuestImage image) {
        String network = "gw.ip=%s/16 gw.ip6=%s/64 gw.vlan=%d gw.vlanip=%s/16"
                .formatted(address(), address6(), LabNetwork.VLAN, vlanAddress());
        String vif = "mac=%s, ip=%s %s".formatted(mac(), address(), address6())
                + (bridge.isEmpty() ? "" : ", bridge=" + bridge);
        return """
                name = "%s"
                memory = %d
                vcpus = %d
                kernel = "%s"
                ramdisk = "%s"
                extra = "console=ttyS0 quiet panic=1 %s %s"
                disk = [ %s ]
                vif = [ '%s' ]
                """.formatted(
                                name,
                                memoryMiB,
                                vcpus,
                                image.kernel(),
                                image.ramdisk(),
                                network,
                                workload.commandLine(),
                                disk == null ? "" : "'" + disk + ",raw,vda,w'",
                                vif)
                + extraLines.stream().map(line -> line + "\n").reduce("", String::concat);
    }
}
