package io.godwit.migration.codec;

import io.godwit.shim.GuestMemory;
import io.godwit.shim.PageBitmap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// RAM between two guards, so that a write beside it is seen.
final class GuardedMemory implements GuestMemory, AutoCloseable {
    private static final byte GUARD = 0x5a;
    private static final int GUARD_BYTES = 128 << 10;
    private static final MemorySegment EXPECTED =
            MemorySegment.ofArray(new byte[GUARD_BYTES]).fill(GUARD);

    private final Arena arena = Arena.ofShared();
    private final List<Region> regions = new ArrayList<>();
    private final long pageCount;
    private final MemorySegment whole;
    private final MemorySegment ram;

    GuardedMemory(long... regionPages) {
        long next = 0;
        for (long pages : regionPages) {
            regions.add(new Region("r" + regions.size(), next, pages));
            next += pages;
        }
        pageCount = next;
        whole = arena.allocate(2L * GUARD_BYTES + next * PAGE_BYTES, PAGE_BYTES);
        whole.fill(GUARD);
        ram = whole.asSlice(GUARD_BYTES, next * PAGE_BYTES);
        ram.fill((byte) 0);
    }

    boolean guardsIntact() {
        return intact(0) && intact(whole.byteSize() - GUARD_BYTES);
    }

    private boolean intact(long offset) {
        return whole.asSlice(offset, GUARD_BYTES).mismatch(EXPECTED) < 0;
    }

    MemorySegment ram() {
        return ram;
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
        return ram.asSlice(firstPage * PAGE_BYTES, count * PAGE_BYTES);
    }

    @Override
    public void dataPages(PageBitmap into) {
        into.setAll();
    }

    @Override
    public void zero(long firstPage, long count) {
        pages(firstPage, count).fill((byte) 0);
    }

    @Override
    public void close() {
        arena.close();
    }
}
