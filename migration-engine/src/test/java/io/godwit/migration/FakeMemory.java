package io.godwit.migration;

import io.godwit.shim.GuestMemory;
import io.godwit.shim.PageBitmap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// RAM in a sparse file that is gone as soon as it is mapped.
final class FakeMemory implements GuestMemory, AutoCloseable {
    private static final MemorySegment ZEROS =
            MemorySegment.ofArray(new byte[PAGE_BYTES]).asReadOnly();
    private static final long SCANNED_PAGES_MAX = 1 << 16;

    private final List<Region> regions;
    private final long pageCount;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment all;
    private final PageBitmap touched;

    /// @param regionPages the size of each region
    FakeMemory(long... regionPages) {
        List<Region> list = new ArrayList<>();
        long next = 0;
        for (long pages : regionPages) {
            list.add(new Region("region" + list.size(), next, pages));
            next += pages;
        }
        regions = List.copyOf(list);
        pageCount = next;
        touched = new PageBitmap(next);
        try {
            Path file = Files.createTempFile(Path.of("/dev/shm"), "godwit-engine-test", ".ram");
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                all = channel.map(FileChannel.MapMode.READ_WRITE, 0, next * PAGE_BYTES, arena);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public List<Region> regions() {
        return regions;
    }

    @Override
    public long pageCount() {
        return pageCount;
    }

    @Override
    public MemorySegment pages(long firstPage, long count) {
        Objects.checkFromIndexSize(firstPage, count, pageCount);
        for (Region region : regions) {
            long end = region.firstPage() + region.pageCount();
            if (firstPage >= region.firstPage() && firstPage < end && firstPage + count > end) {
                throw new IndexOutOfBoundsException("Pages cross a region's end");
            }
        }
        return all.asSlice(firstPage * PAGE_BYTES, count * PAGE_BYTES);
    }

    /// Exact where it is cheap; what the guest wrote where it is not.
    @Override
    public synchronized void dataPages(PageBitmap into) {
        if (pageCount > SCANNED_PAGES_MAX) {
            into.or(touched);
            return;
        }
        for (long page = 0; page < pageCount; page++) {
            if (touched.get(page) || !isZero(page)) {
                into.set(page);
            }
        }
    }

    @Override
    public void zero(long firstPage, long count) {
        pages(firstPage, count).fill((byte) 0);
    }

    synchronized void write(long page, byte[] content) {
        touched.set(page);
        MemorySegment.copy(MemorySegment.ofArray(content), 0, all, page * PAGE_BYTES, content.length);
    }

    boolean isZero(long page) {
        long from = page * PAGE_BYTES;
        return MemorySegment.mismatch(all, from, from + PAGE_BYTES, ZEROS, 0, PAGE_BYTES) < 0;
    }

    byte[] read(long page) {
        return all.asSlice(page * PAGE_BYTES, PAGE_BYTES).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    }

    /// The first page that differs, or -1: the oracle, which knows nothing of the engine.
    long firstDifference(FakeMemory other) {
        long at = all.mismatch(other.all);
        return at < 0 ? -1 : at / PAGE_BYTES;
    }

    @Override
    public void close() {
        arena.close();
    }
}
