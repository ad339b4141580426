package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.godwit.shim.HypervisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;

/// The kernel's `PAGEMAP_SCAN` on one process: in one step tells which pages were written and protects them again,
/// so that the next write is told by the next scan. Buffers are allocated once. Not safe for use by several
/// threads at once.
final class PagemapScan implements AutoCloseable {
    /// Regions told by one call to the kernel; 24 bytes each.
    static final int REGIONS_PER_CALL = 8192;

    static final StructLayout ARGUMENT = MemoryLayout.structLayout(
            JAVA_LONG.withName("size"),
            JAVA_LONG.withName("flags"),
            JAVA_LONG.withName("start"),
            JAVA_LONG.withName("end"),
            JAVA_LONG.withName("walk_end"),
            JAVA_LONG.withName("vec"),
            JAVA_LONG.withName("vec_len"),
            JAVA_LONG.withName("max_pages"),
            JAVA_LONG.withName("category_inverted"),
            JAVA_LONG.withName("category_mask"),
            JAVA_LONG.withName("category_anyof_mask"),
            JAVA_LONG.withName("return_mask"));

    static final StructLayout REGION = MemoryLayout.structLayout(
            JAVA_LONG.withName("start"), JAVA_LONG.withName("end"), JAVA_LONG.withName("categories"));

    private static final long PAGEMAP_SCAN = 0xc0606610L;
    private static final long WP_MATCHING = 1;
    private static final long CHECK_WPASYNC = 2;
    private static final long PAGE_IS_WRITTEN = 2;
    private static final long REGION_BYTES = REGION.byteSize();
    private static final long REGION_END = REGION.byteOffset(MemoryLayout.PathElement.groupElement("end"));
    private static final VarHandle START = argument("start");
    private static final VarHandle END = argument("end");
    private static final VarHandle WALK_END = argument("walk_end");

    private final long pid;
    private final FileHandle pagemap;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment regions;
    private final MemorySegment argument;

    private PagemapScan(long pid, FileHandle pagemap, int regionsPerCall) {
        this.pid = pid;
        this.pagemap = pagemap;
        this.regions = arena.allocate(REGION, regionsPerCall);
        this.argument = arena.allocate(ARGUMENT);
        argument("size").set(argument, 0L, ARGUMENT.byteSize());
        argument("flags").set(argument, 0L, WP_MATCHING | CHECK_WPASYNC);
        argument("vec").set(argument, 0L, regions.address());
        argument("vec_len").set(argument, 0L, (long) regionsPerCall);
        argument("category_mask").set(argument, 0L, PAGE_IS_WRITTEN);
        argument("return_mask").set(argument, 0L, PAGE_IS_WRITTEN);
    }

    /// The handle stays with the memory the process has now, whatever becomes of the process.
    static PagemapScan open(long pid, int regionsPerCall) throws HypervisorException {
        Path path = Path.of("/proc/" + pid + "/pagemap");
        int fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0).intOrThrow("Could not open " + path);
        return new PagemapScan(pid, new FileHandle(path.toString(), fd), regionsPerCall);
    }

    /// Whether this kernel knows the request at all: Linux 6.7 and later.
    static boolean supported() throws HypervisorException {
        try (PagemapScan self = open(ProcessHandle.current().pid(), 1)) {
            START.set(self.argument, 0L, 0L);
            END.set(self.argument, 0L, 0L);
            return self.pagemap.call(self::request) instanceof CallResult.Value;
        }
    }

    /// Takes one range of addresses at a time.
    @FunctionalInterface
    interface RangeSink {
        void range(long startAddress, long endAddress);
    }

    /// Tells the written pages between two addresses and protects them again. On failure some may have been
    /// protected and not been told.
    void scan(long startAddress, long endAddress, RangeSink sink) throws HypervisorException {
        long from = startAddress;
        while (from < endAddress) {
            START.set(argument, 0L, from);
            END.set(argument, 0L, endAddress);
            CallResult result = pagemap.call(this::request);
            if (result.failedWith(Errno.EINTR)) {
                // Given only before anything was told; what was protected would be lost otherwise.
                throw new HypervisorException("The scan of written pages of process " + pid + " was interrupted");
            }
            long count = result.orThrow("Could not scan the written pages of process " + pid);
            for (long i = 0; i < count; i++) {
                long start = regions.get(JAVA_LONG, i * REGION_BYTES);
                long end = regions.get(JAVA_LONG, i * REGION_BYTES + REGION_END);
                sink.range(start, end);
            }
            long walked = (long) WALK_END.get(argument, 0L);
            if (walked <= from) {
                throw new HypervisorException("The scan of written pages of process " + pid + " does not advance");
            }
            from = walked;
        }
    }

    /// Whether the memory this was opened for is still there. It goes when the last thread of the process gives it up,
    /// before the process counts as ended; from then on scans find nothing written.
    boolean memoryExists() throws HypervisorException {
        MemorySegment entry = regions.asSlice(0, Long.BYTES);
        return pagemap.call(fd -> Libc.pread(fd, entry, 0)).orThrow("Could not read the pagemap of process " + pid) > 0;
    }

    @Override
    public void close() {
        pagemap.close();
        arena.close();
    }

    private CallResult request(int fd) {
        return Libc.ioctl(fd, PAGEMAP_SCAN, argument);
    }

    private static VarHandle argument(String field) {
        return ARGUMENT.varHandle(MemoryLayout.PathElement.groupElement(field));
    }
}
