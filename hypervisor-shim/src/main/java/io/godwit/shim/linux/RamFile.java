package io.godwit.shim.linux;

import io.godwit.shim.HypervisorException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/// A file that holds a guest's RAM: sparse, and mapped by the hypervisor and by the agent alike. It stands on
/// tmpfs or hugetlbfs, or is a memory file reached as `/proc/PID/fd/N`.
///
/// Safe for use by several threads. Closing leaves mappings alone: they end with their arena.
public final class RamFile implements AutoCloseable {
    private static final int FALLOC_FL_KEEP_SIZE = 1;
    private static final int FALLOC_FL_PUNCH_HOLE = 2;
    private static final int OWNER_ONLY = 0600;

    private final Path path;
    private final FileHandle handle;
    private final int fd;
    private final long bytes;

    private RamFile(Path path, int fd, long bytes) {
        this.path = path;
        this.fd = fd;
        this.handle = new FileHandle(path.toString(), fd);
        this.bytes = bytes;
    }

    /// Creates the file with this size and no content; only its owner may open it. On failure there is no file,
    /// unless there was one before, which is left alone.
    public static RamFile create(Path path, long bytes) throws HypervisorException {
        int flags = Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_CLOEXEC;
        int fd = Libc.open(path, flags, OWNER_ONLY).intOrThrow("Could not create RAM file " + path);
        RamFile file = new RamFile(path, fd, bytes);
        try {
            Libc.ftruncate(fd, bytes).orThrow("Could not set the size of RAM file " + path + " to " + bytes);
            return file;
        } catch (HypervisorException e) {
            file.close();
            deleteAfterFailure(path, e);
            throw e;
        }
    }

    /// As [#create], of memory that no file system shows: it is gone with its last mapping, however this process
    /// ends.
    ///
    /// @param name for errors and `/proc/PID/maps`
    public static RamFile anonymous(String name, long bytes) throws HypervisorException {
        int fd = Libc.memfdCreate(name, Libc.MFD_CLOEXEC).intOrThrow("Could not create anonymous RAM " + name);
        RamFile file = new RamFile(Path.of("memfd:" + name), fd, bytes);
        try {
            Libc.ftruncate(fd, bytes).orThrow("Could not set the size of anonymous RAM " + name + " to " + bytes);
            return file;
        } catch (HypervisorException e) {
            file.close();
            throw e;
        }
    }

    public static RamFile open(Path path) throws HypervisorException {
        int fd = Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC, 0).intOrThrow("Could not open RAM file " + path);
        try {
            return new RamFile(path, fd, size(fd, path));
        } catch (HypervisorException e) {
            CallResult ignored = Libc.close(fd);
            throw e;
        }
    }

    public Path path() {
        return path;
    }

    public long bytes() {
        return bytes;
    }

    /// Maps the whole file, readable and writable, for as long as the arena lives. Touching a page of it that
    /// was a hole takes memory, even by reading.
    public MemorySegment map(Arena arena) throws HypervisorException {
        return map(arena, bytes);
    }

    /// As [#map(Arena)], of the first bytes only.
    MemorySegment map(Arena arena, long mappedBytes) throws HypervisorException {
        // Through the descriptor, not the path: the path may have been given to another file since.
        Path self = Path.of("/proc/self/fd/" + fd);
        try (FileChannel channel = FileChannel.open(self, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, mappedBytes, arena);
        } catch (IOException e) {
            throw new HypervisorException("Could not map RAM file " + path, e);
        }
    }

    /// Tells the ranges between two offsets that hold data, in ascending order; what lies between them reads as
    /// zero and takes no memory. A file system that cannot tell reports everything as data.
    public void dataExtents(long fromOffset, long toOffset, ExtentSink sink) throws HypervisorException {
        Objects.checkFromToIndex(fromOffset, toOffset, bytes);
        long position = fromOffset;
        while (position < toOffset) {
            long start = seek(position, Libc.SEEK_DATA, position);
            if (start >= toOffset) {
                return;
            }
            long end = Math.min(seek(start, Libc.SEEK_HOLE, bytes), toOffset);
            if (end <= start) {
                // The file changes while it is read: a hole was punched where data was a moment ago.
                position = start + 1;
                continue;
            }
            sink.extent(start, end - start);
            position = end;
        }
    }

    /// Gives the memory of a range back: it reads as zero afterwards in every mapping. Both numbers are multiples
    /// of the page size.
    public void punchHole(long offset, long holeBytes) throws HypervisorException {
        Objects.checkFromIndexSize(offset, holeBytes, bytes);
        if (holeBytes == 0) {
            return;
        }
        int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
        handle.call(descriptor -> Libc.fallocate(descriptor, mode, offset, holeBytes))
                .orThrow("Could not punch a hole into RAM file " + path + " at " + offset + " of " + holeBytes);
    }

    @Override
    public void close() {
        handle.close();
    }

    /// Takes one range of data at a time.
    @FunctionalInterface
    public interface ExtentSink {
        void extent(long offset, long extentBytes);
    }

    private long seek(long from, int whence, long unsupported) throws HypervisorException {
        CallResult result = handle.call(descriptor -> Libc.lseek(descriptor, from, whence));
        if (result.failedWith(Errno.ENXIO)) {
            return bytes;
        }
        if (result.failedWith(Errno.EINVAL)) {
            return unsupported;
        }
        return result.orThrow("Could not look for data in RAM file " + path);
    }

    private static long size(int fd, Path path) throws HypervisorException {
        int seekEnd = 2;
        return Libc.lseek(fd, 0, seekEnd).orThrow("Could not read the size of RAM file " + path);
    }

    private static void deleteAfterFailure(Path path, HypervisorException failure) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }
}
