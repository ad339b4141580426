package io.godwit.shim.linux;

import io.godwit.shim.HypervisorException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// Says why writes to a guest's memory could not be tracked completely: the kernel lacks something, or somebody
/// writes past the page tables of the guest's process.
final class TrackingChecks {
    private static final int O_ACCMODE = 3;
    private static final int O_WRONLY = 1;
    private static final int O_DIRECT = 040000;

    private TrackingChecks() {}

    static List<String> kernel() {
        return kernel(System.getProperty("os.arch", "unknown"), PagemapScan::supported);
    }

    static List<String> kernel(String architecture, KernelProbe hasPagemapScan) {
        if (!architecture.equals("amd64")) {
            return List.of("Tracking writes needs an x86-64 host: " + architecture);
        }
        try {
            if (!hasPagemapScan.ask()) {
                return List.of("Tracking writes needs Linux 6.7 or later (PAGEMAP_SCAN): "
                        + System.getProperty("os.version", "unknown"));
            }
            return List.of();
        } catch (HypervisorException e) {
            return List.of("Tracking writes needs /proc/PID/pagemap: " + e.getMessage());
        }
    }

    /// A question to the kernel that may itself fail.
    @FunctionalInterface
    interface KernelProbe {
        boolean ask() throws HypervisorException;
    }

    static List<String> process(long pid, List<ProcFiles.OpenFile> files, Collection<ProcMaps.FileId> ram)
            throws HypervisorException {
        List<String> blockers = new ArrayList<>();
        for (ProcFiles.OpenFile file : files) {
            if (file.isVfio()) {
                blockers.add("The guest has a passed-through device, whose writes to memory cannot be seen: "
                        + file.target());
            } else if (readsPastPageTables(pid, file)) {
                blockers.add("The guest has a file open with O_DIRECT: a read that is under way writes to memory"
                        + " unseen (QEMU: cache.direct=off): " + file.target());
            }
        }
        for (long other : ProcFiles.allProcesses()) {
            if (other != pid && other != ProcessHandle.current().pid() && writes(other, ram)) {
                blockers.add("Another process has mapped the guest's RAM and may write to it unseen (vhost-user?):"
                        + " process " + other + " "
                        + ProcFiles.status(other, "Name").orElse(""));
            }
        }
        return blockers;
    }

    /// The kernel marks a page when a direct read begins and the device fills it when the read ends; a scan between
    /// the two has protected the page by then without keeping the device from writing.
    private static boolean readsPastPageTables(long pid, ProcFiles.OpenFile file) {
        if (!file.target().startsWith("/")) {
            return false;
        }
        int flags = ProcFiles.openFlags(pid, file.fd());
        return (flags & O_DIRECT) != 0 && (flags & O_ACCMODE) != O_WRONLY;
    }

    private static boolean writes(long pid, Collection<ProcMaps.FileId> ram) {
        try {
            return ProcMaps.read(pid).stream()
                    .anyMatch(entry -> entry.sharedAndWritable() && ram.contains(entry.file()));
        } catch (HypervisorException e) {
            // It has ended since, or belongs to somebody whose processes cannot have opened a file of the guest.
            return false;
        }
    }
}
