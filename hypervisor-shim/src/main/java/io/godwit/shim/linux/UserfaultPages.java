package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Pages of a process's shared memory that are still elsewhere. The kernel lets whoever touches one wait and
/// tells us; we place the page, whole, and it lets them go on.
///
/// The process gets a userfaultfd in missing mode over its mappings of the RAM. It has to make it itself,
/// which takes one system call while its main thread is stopped, as for the [UserfaultTracker]; everything
/// else is done from here through a second descriptor of the same userfaultfd. The process keeps its own, so
/// that nobody goes on with zeros instead of pages when this process dies: who waits, waits until another one
/// takes over.
public final class UserfaultPages implements MissingPages {
    private static final Logger LOG = LoggerFactory.getLogger(UserfaultPages.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int PAGE_BYTES = GuestMemory.PAGE_BYTES;
    private static final int POLL_MS_MAX = 60_000;

    /// The kernel says "again" while the process changes its mappings, which takes microseconds.
    private static final int TRIES_MAX = 10_000;

    private final LinuxProcess process;
    private final int remoteFd;
    private final FileHandle userfault;
    private final List<RamMappings.Range> ranges;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment messages = arena.allocate(UserfaultAbi.MESSAGE, FAULTS_MAX);
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Object reading = new Object();

    private UserfaultPages(LinuxProcess process, int remoteFd, FileHandle userfault, List<RamMappings.Range> ranges) {
        this.process = process;
        this.remoteFd = remoteFd;
        this.userfault = userfault;
        this.ranges = List.copyOf(ranges);
    }

    /// Makes every hole in these files a missing page for the process, or takes over from a holder that let go.
    /// On success the process runs on, its main thread stopped for about a millisecond the first time; on
    /// failure it runs on too, and nothing is missing that was not before.
    public static UserfaultPages attach(long pid, List<UserfaultTracker.Mapping> ram) throws HypervisorException {
        LinuxProcess process = LinuxProcess.find(pid).orElseThrow(() -> gone(pid));
        Optional<String> child = RemoteSyscalls.ownChild(pid);
        if (child.isPresent()) {
            throw new HypervisorException(child.get());
        }
        List<RamMappings.Range> ranges = ranges(pid, ram);
        Optional<Integer> former = MissingRanges.descriptor(pid);
        int remoteFd = former.isPresent() ? former.get() : create(process);
        UserfaultPages attached;
        try {
            FileHandle userfault = new FileHandle("userfaultfd of process " + pid, process.takeDescriptor(remoteFd));
            attached = new UserfaultPages(process, remoteFd, userfault, ranges);
        } catch (HypervisorException | RuntimeException e) {
            if (former.isEmpty()) {
                closeRemote(process, remoteFd);
            }
            throw e;
        }
        try {
            attached.register(former.isPresent());
            return attached;
        } catch (HypervisorException | RuntimeException e) {
            attached.close();
            if (former.isEmpty()) {
                closeRemote(process, remoteFd);
            }
            throw e;
        }
    }

    private static int create(LinuxProcess process) throws HypervisorException {
        return RemoteSyscalls.run(
                process,
                TIMEOUT,
                remote -> remote.call(UserfaultAbi.SYS_USERFAULTFD, UserfaultAbi.MISSING_FLAGS)
                        .intOrThrow(
                                "The guest's process may not create a userfaultfd for missing pages (it needs"
                                        + " CAP_SYS_PTRACE, or vm.unprivileged_userfaultfd=1; a seccomp filter may forbid it)"));
    }

    private static List<RamMappings.Range> ranges(long pid, List<UserfaultTracker.Mapping> ram)
            throws HypervisorException {
        List<ProcMaps.Entry> maps = ProcMaps.read(pid);
        List<RamMappings.Range> ranges = new ArrayList<>();
        for (UserfaultTracker.Mapping mapping : ram) {
            try (RamFile file = RamFile.open(mapping.file())) {
                List<RamMappings.Range> found = RamMappings.find(maps, RamMappings.identify(file), mapping);
                long pages = found.stream()
                        .mapToLong(range -> range.page(range.endAddress()) - range.firstPage())
                        .sum();
                if (pages != mapping.pageCount()) {
                    throw new HypervisorException(
                            "The guest's process has mapped parts of its RAM more than once, which"
                                    + " post-copy does not support: " + mapping.file());
                }
                ranges.addAll(found);
            }
        }
        return ranges;
    }

    private void register(boolean takenOver) throws HypervisorException {
        try (Arena local = Arena.ofConfined()) {
            if (!takenOver) {
                request(UserfaultAbi.UFFDIO_API, UserfaultAbi.missingApi(local))
                        .orThrow("The kernel does not offer missing pages of shared memory");
            }
            for (RamMappings.Range range : ranges) {
                long bytes = range.endAddress() - range.startAddress();
                MemorySegment argument =
                        UserfaultAbi.register(local, range.startAddress(), bytes, UserfaultAbi.REGISTER_MODE_MISSING);
                request(UserfaultAbi.UFFDIO_REGISTER, argument)
                        .orThrow("Pages of the guest's RAM cannot come later, at "
                                + Long.toHexString(range.startAddress()));
                long offered = UserfaultAbi.get(UserfaultAbi.REGISTER, argument, "ioctls");
                if ((offered & UserfaultAbi.RANGE_IOCTLS_NEEDED) != UserfaultAbi.RANGE_IOCTLS_NEEDED) {
                    throw new HypervisorException(
                            "Pages of the guest's RAM cannot come later, for it is made of huge pages");
                }
                if (takenOver) {
                    // Faults that were told to the former holder are told again once their threads have tried again.
                    wake(local, range.startAddress(), bytes);
                }
            }
        }
    }

    /// Whether pages of this process are missing, whoever places them.
    public static boolean missing(long pid) throws HypervisorException {
        return MissingRanges.descriptor(pid).isPresent();
    }

    @Override
    public int awaitFaults(long[] into, Duration timeout) throws HypervisorException {
        int timeoutMs = (int) Math.min(timeout.toMillis(), POLL_MS_MAX);
        synchronized (reading) {
            return userfaultAlive() ? awaitAndRead(into, timeoutMs) : 0;
        }
    }

    private int awaitAndRead(long[] into, int timeoutMs) throws HypervisorException {
        CallResult ready = userfault.call(fd -> Libc.pollIn(fd, timeoutMs));
        if (ready.failedWith(Errno.EINTR) || ready.orThrow("Could not wait for missing pages") == 0) {
            return 0;
        }
        long room = Math.min(into.length, FAULTS_MAX) * UserfaultAbi.MESSAGE.byteSize();
        CallResult read = userfault.call(fd -> Libc.read(fd, messages.asSlice(0, room)));
        if (read.failedWith(Errno.EAGAIN) || read.failedWith(Errno.EINTR)) {
            return 0;
        }
        long bytes = read.orThrow("Could not read which pages of process " + process.pid() + " are missing");
        int count = 0;
        for (long at = 0; at < bytes; at += UserfaultAbi.MESSAGE.byteSize()) {
            MemorySegment message = messages.asSlice(at, UserfaultAbi.MESSAGE.byteSize());
            if (message.get(JAVA_BYTE, 0) == UserfaultAbi.EVENT_PAGEFAULT) {
                into[count++] = pageAt(UserfaultAbi.get(UserfaultAbi.MESSAGE, message, "address"));
            }
        }
        return count;
    }

    @Override
    public long place(long firstPage, MemorySegment content) throws HypervisorException {
        if (content.byteSize() % PAGE_BYTES != 0) {
            throw new IllegalArgumentException("Not whole pages: " + content.byteSize());
        }
        long pages = content.byteSize() / PAGE_BYTES;
        long address = address(firstPage, pages);
        if (content.isNative()) {
            return place(address, content.address(), pages);
        }
        try (Arena local = Arena.ofConfined()) {
            MemorySegment copy = local.allocate(content.byteSize(), PAGE_BYTES).copyFrom(content);
            return place(address, copy.address(), pages);
        }
    }

    /// The caller keeps what `content` is the address of alive.
    private long place(long address, long content, long pages) throws HypervisorException {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment copy = local.allocate(UserfaultAbi.COPY);
            return placeAll(local, address, pages, (from, bytes) -> {
                UserfaultAbi.set(UserfaultAbi.COPY, copy, "dst", from);
                UserfaultAbi.set(UserfaultAbi.COPY, copy, "src", content + (from - address));
                UserfaultAbi.set(UserfaultAbi.COPY, copy, "len", bytes);
                UserfaultAbi.set(UserfaultAbi.COPY, copy, "copy", 0);
                return request(UserfaultAbi.UFFDIO_COPY, copy, UserfaultAbi.COPY, "copy");
            });
        }
    }

    @Override
    public long placeZeros(long firstPage, long pageCount) throws HypervisorException {
        long address = address(firstPage, pageCount);
        try (Arena local = Arena.ofConfined()) {
            MemorySegment zero = local.allocate(UserfaultAbi.ZEROPAGE);
            return placeAll(local, address, pageCount, (from, bytes) -> {
                UserfaultAbi.set(UserfaultAbi.ZEROPAGE, zero, "start", from);
                UserfaultAbi.set(UserfaultAbi.ZEROPAGE, zero, "len", bytes);
                UserfaultAbi.set(UserfaultAbi.ZEROPAGE, zero, "zeropage", 0);
                return request(UserfaultAbi.UFFDIO_ZEROPAGE, zero, UserfaultAbi.ZEROPAGE, "zeropage");
            });
        }
    }

    /// Fills one range of addresses as far as it goes.
    @FunctionalInterface
    private interface Filler {
        Filled fill(long address, long bytes) throws HypervisorException;
    }

    /// @param bytes how much was filled before the request ended
    private record Filled(CallResult result, long bytes) {}

    /// Fills what is missing and steps over pages that are there.
    private long placeAll(Arena local, long address, long pages, Filler filler) throws HypervisorException {
        long placed = 0;
        long at = address;
        long end = address + pages * PAGE_BYTES;
        int tries = 0;
        while (at < end) {
            Filled filled = filler.fill(at, end - at);
            placed += filled.bytes() / PAGE_BYTES;
            at += filled.bytes();
            if (filled.result().failedWith(Errno.EEXIST)) {
                // It may have been placed between somebody's fault and now: whoever waits looks again.
                wake(local, at, PAGE_BYTES);
                at += PAGE_BYTES;
            } else if (filled.result().failedWith(Errno.EAGAIN)) {
                tries = filled.bytes() > 0 ? 0 : tries + 1;
                if (tries == TRIES_MAX) {
                    throw new HypervisorException("Process " + process.pid() + " does not stop changing its memory");
                }
            } else {
                filled.result().orThrow("Could not place a page of process " + process.pid());
            }
        }
        return placed;
    }

    @Override
    public void complete() throws HypervisorException {
        try (Arena local = Arena.ofConfined()) {
            for (RamMappings.Range range : ranges) {
                long bytes = range.endAddress() - range.startAddress();
                request(UserfaultAbi.UFFDIO_UNREGISTER, UserfaultAbi.range(local, range.startAddress(), bytes))
                        .orThrow("Could not end that pages of process " + process.pid() + " are missing");
            }
        }
        close();
        closeRemote(process, remoteFd);
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            userfault.close();
            synchronized (reading) {
                arena.close();
            }
        }
    }

    /// What stays of it in the process does nothing any more; a tracker that is attached closes it.
    private static void closeRemote(LinuxProcess process, int fd) {
        try {
            boolean ours =
                    ProcFiles.openFiles(process.pid()).stream().anyMatch(file -> file.fd() == fd && file.isUserfault());
            if (ours && process.isAlive()) {
                RemoteSyscalls.run(process, TIMEOUT, remote -> remote.call(UserfaultAbi.SYS_CLOSE, fd));
            }
        } catch (HypervisorException | RuntimeException e) {
            LOG.warn("Process {} keeps a userfaultfd until it is tracked again or ends", process.pid(), e);
        }
    }

    private boolean userfaultAlive() throws HypervisorException {
        if (closed.get()) {
            throw new HypervisorException("Missing pages of process " + process.pid() + " are not held any more");
        }
        return true;
    }

    private void wake(Arena local, long address, long bytes) throws HypervisorException {
        request(UserfaultAbi.UFFDIO_WAKE, UserfaultAbi.range(local, address, bytes))
                .orThrow("Could not let go on who waits for a page of process " + process.pid());
    }

    private CallResult request(long request, MemorySegment argument) throws HypervisorException {
        return userfault.call(fd -> Libc.ioctl(fd, request, argument));
    }

    private Filled request(long request, MemorySegment argument, StructLayout layout, String done)
            throws HypervisorException {
        CallResult result = request(request, argument);
        // The field holds the bytes filled, or the error again.
        return new Filled(result, Math.max(0, UserfaultAbi.get(layout, argument, done)));
    }

    private long pageAt(long address) throws HypervisorException {
        for (RamMappings.Range range : ranges) {
            if (address >= range.startAddress() && address < range.endAddress()) {
                return range.page(address);
            }
        }
        throw new HypervisorException("A page is missing outside the guest's RAM: " + Long.toHexString(address));
    }

    private long address(long firstPage, long pages) {
        for (RamMappings.Range range : ranges) {
            long within = firstPage - range.firstPage();
            long rangePages = range.page(range.endAddress()) - range.firstPage();
            if (within >= 0 && within < rangePages) {
                Objects.checkFromIndexSize(within, pages, rangePages);
                return range.startAddress() + within * PAGE_BYTES;
            }
        }
        throw new IndexOutOfBoundsException("A page lies outside the guest's RAM: " + firstPage);
    }

    private static HypervisorException gone(long pid) {
        return new HypervisorException("There is no process any more: " + pid);
    }
}
