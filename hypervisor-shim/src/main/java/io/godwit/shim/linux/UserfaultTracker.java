package io.godwit.shim.linux;

import io.godwit.shim.DirtyTracker;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Learns from the kernel which pages of shared memory a process wrote: its own code, kernel code that works for it,
/// and a virtual machine it runs.
///
/// The process gets a userfaultfd in write-protect mode over its mappings of the RAM; it is not modified otherwise.
/// In asynchronous mode the kernel resolves the faults by itself, and a scan of the page tables tells them. Writes
/// that pass the page tables by (devices passed through, other processes, direct reads from disk) are not seen:
/// whatever can cause them is refused when attaching. So is a process that is a child of this one, because the Java
/// library would take its being stopped for its end.
///
/// What the process discards instead of writing it (a memory balloon, free page reporting) may go unreported, so guests
/// have no such device.
public final class UserfaultTracker implements DirtyTracker {
    private static final Logger LOG = LoggerFactory.getLogger(UserfaultTracker.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    /// A process's latest tracker. An older one must not close what the newer one has put into the process, where
    /// it may well have the same descriptor number.
    private static final Map<LinuxProcess, UserfaultTracker> LATEST = new ConcurrentHashMap<>();

    private final LinuxProcess process;
    private final PagemapScan pagemap;
    private final List<RamMappings.Range> ranges;
    private final long pageCount;
    private final int remoteFd;
    private boolean armed;
    private boolean failed;
    private boolean closed;

    private UserfaultTracker(
            LinuxProcess process, PagemapScan pagemap, List<RamMappings.Range> ranges, long pageCount, int remoteFd) {
        this.process = process;
        this.pagemap = pagemap;
        this.ranges = ranges;
        this.pageCount = pageCount;
        this.remoteFd = remoteFd;
    }

    /// One file of the guest's RAM: its page 0 is the guest's page `firstPage`.
    ///
    /// @param file      also `/proc/PID/fd/N` for a memory file
    /// @param firstPage in the guest's numbering
    /// @param pageCount of 4 KiB each, from the file's beginning; what the file holds beyond is not tracked
    public record Mapping(Path file, long firstPage, long pageCount) {
        public Mapping {
            if (firstPage < 0 || pageCount <= 0) {
                throw new IllegalArgumentException(
                        "Pages of a mapping are out of range: " + firstPage + "+" + pageCount);
            }
        }
    }

    /// What this host's kernel lacks for tracking any guest, each a sentence for the operator; empty if nothing.
    public static List<String> hostBlockers() {
        return TrackingChecks.kernel();
    }

    /// What keeps this process from being tracked, each a sentence for the operator; empty if nothing is known to.
    /// Does not touch the process. Whether it may be traced shows only when attaching.
    public static List<String> blockers(long pid, List<Mapping> ram) {
        List<String> blockers = new ArrayList<>(TrackingChecks.kernel());
        if (blockers.isEmpty()) {
            try {
                blockers.addAll(inspect(pid, ram).blockers());
            } catch (HypervisorException e) {
                blockers.add(String.valueOf(e.getMessage()));
            }
        }
        return blockers;
    }

    /// Starts to track a process's writes. Replaces a tracker that this or another agent left in the process. On
    /// success the process runs on, stopped for about a millisecond; on failure it runs on too, untracked, and the
    /// message names all that is known to be in the way.
    public static UserfaultTracker attach(long pid, List<Mapping> ram) throws HypervisorException {
        return attach(pid, ram, PagemapScan.REGIONS_PER_CALL);
    }

    static UserfaultTracker attach(long pid, List<Mapping> ram, int regionsPerCall) throws HypervisorException {
        refuse(TrackingChecks.kernel());
        LinuxProcess process = LinuxProcess.find(pid).orElseThrow(() -> gone(pid));
        Inspection inspection = inspect(pid, ram);
        refuse(inspection.blockers());
        PagemapScan pagemap = PagemapScan.open(pid, regionsPerCall);
        try {
            int remoteFd = RemoteSyscalls.run(
                    process, TIMEOUT, remote -> install(remote, inspection.staleFds(), inspection.ranges()));
            // If it is still the same process, everything above was done to it and not to a later one of its number.
            if (!process.isAlive()) {
                throw gone(pid);
            }
            long pageCount = ram.stream()
                    .mapToLong(m -> m.firstPage() + m.pageCount())
                    .max()
                    .orElse(0);
            UserfaultTracker tracker = new UserfaultTracker(process, pagemap, inspection.ranges(), pageCount, remoteFd);
            LATEST.put(process, tracker);
            return tracker;
        } catch (HypervisorException | RuntimeException e) {
            pagemap.close();
            throw e;
        }
    }

    @Override
    public long scan(PageBitmap into) throws HypervisorException {
        if (closed || failed) {
            throw new HypervisorException("The tracker of process " + process.pid() + " has failed or is closed");
        }
        // Until the end of this method nothing is known about any page.
        failed = true;
        long[] written = {0};
        boolean first = !armed;
        for (RamMappings.Range range : ranges) {
            pagemap.scan(range.startAddress(), range.endAddress(), (start, end) -> {
                long firstPage = range.page(start);
                long count = range.page(end) - firstPage;
                written[0] += count;
                if (!first) {
                    into.setRange(firstPage, count);
                }
            });
        }
        // Asked after the scan: if the memory is still there, it was when it was scanned.
        if (!pagemap.memoryExists()) {
            throw gone(process.pid());
        }
        if (first) {
            written[0] = setEveryPage(into);
        }
        armed = true;
        failed = false;
        return Math.min(written[0], pageCount);
    }

    /// The promise is that the first scan reports every page, whatever the kernel says: a page written through
    /// another mapping before this tracker existed would be clear.
    private long setEveryPage(PageBitmap into) {
        for (RamMappings.Range range : ranges) {
            into.setRange(range.firstPage(), range.page(range.endAddress()) - range.firstPage());
        }
        return pageCount;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        pagemap.close();
        try {
            if (LATEST.remove(process, this) && process.isAlive() && remoteFdIsOurs()) {
                RemoteSyscalls.run(process, TIMEOUT, remote -> remote.call(UserfaultAbi.SYS_CLOSE, remoteFd));
            }
        } catch (HypervisorException | RuntimeException e) {
            LOG.warn("Process {} keeps a userfaultfd until it is tracked again or ends", process.pid(), e);
        }
    }

    private boolean remoteFdIsOurs() throws HypervisorException {
        return ProcFiles.openFiles(process.pid()).stream()
                .anyMatch(file -> file.fd() == remoteFd && file.isUserfault());
    }

    /// What is known of a process before it is touched.
    private record Inspection(List<String> blockers, List<Integer> staleFds, List<RamMappings.Range> ranges) {}

    private static Inspection inspect(long pid, List<Mapping> ram) throws HypervisorException {
        List<String> blockers = new ArrayList<>();
        List<ProcMaps.Entry> maps = ProcMaps.read(pid);
        List<RamMappings.Range> ranges = new ArrayList<>();
        Map<ProcMaps.FileId, Mapping> files = new LinkedHashMap<>();
        for (Mapping mapping : ram) {
            try (RamFile file = RamFile.open(mapping.file())) {
                ProcMaps.FileId id = RamMappings.identify(file);
                files.put(id, mapping);
                ranges.addAll(RamMappings.find(maps, id, mapping));
            } catch (HypervisorException e) {
                blockers.add(String.valueOf(e.getMessage()));
            }
        }
        RemoteSyscalls.ownChild(pid).ifPresent(blockers::add);
        if (MissingRanges.descriptor(pid).isPresent()) {
            // To close that userfaultfd as a stale one would turn pages that are still elsewhere into zeros.
            blockers.add("Pages of the guest's memory are still on their way to this host: wait until they are here");
        }
        List<ProcFiles.OpenFile> open = ProcFiles.openFiles(pid);
        blockers.addAll(TrackingChecks.process(pid, open, files.keySet()));
        List<Integer> stale = open.stream()
                .filter(ProcFiles.OpenFile::isUserfault)
                .map(ProcFiles.OpenFile::fd)
                .toList();
        return new Inspection(blockers, stale, ranges);
    }

    /// Runs in the stopped process. Nothing of it stays on failure.
    private static int install(RemoteSyscalls remote, List<Integer> staleFds, List<RamMappings.Range> ranges)
            throws HypervisorException {
        for (int stale : staleFds) {
            remote.call(UserfaultAbi.SYS_CLOSE, stale).orThrow("Could not close the userfaultfd of a former tracker");
        }
        int fd = remote.call(UserfaultAbi.SYS_USERFAULTFD, UserfaultAbi.FLAGS)
                .intOrThrow("The guest's process may not create a userfaultfd (a seccomp filter, or a kernel without)");
        try (Arena arena = Arena.ofConfined()) {
            request(remote, fd, UserfaultAbi.UFFDIO_API, UserfaultAbi.api(arena))
                    .orThrow("The kernel does not offer asynchronous write protection of shared memory");
            for (RamMappings.Range range : ranges) {
                long bytes = range.endAddress() - range.startAddress();
                request(
                                remote,
                                fd,
                                UserfaultAbi.UFFDIO_REGISTER,
                                UserfaultAbi.register(arena, range.startAddress(), bytes))
                        .orThrow("Could not track the guest's RAM at " + Long.toHexString(range.startAddress()));
            }
            return fd;
        } catch (HypervisorException e) {
            CallResult ignored = remote.call(UserfaultAbi.SYS_CLOSE, fd);
            throw e;
        }
    }

    private static CallResult request(RemoteSyscalls remote, int fd, long request, MemorySegment argument)
            throws HypervisorException {
        remote.writeScratch(argument);
        return remote.call(UserfaultAbi.SYS_IOCTL, fd, request, remote.scratchAddress());
    }

    private static void refuse(List<String> blockers) throws HypervisorException {
        if (!blockers.isEmpty()) {
            throw new HypervisorException(String.join("; ", blockers));
        }
    }

    private static HypervisorException gone(long pid) {
        return new HypervisorException("There is no process any more: " + pid);
    }
}
