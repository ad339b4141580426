package io.godwit.shim.synthetic;

import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPages;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/// A hold on the missing pages of a synthetic guest.
final class SyntheticPages implements MissingPages {
    private final SyntheticFaulting faulting;

    SyntheticPages(SyntheticFaulting faulting) {
        this.faulting = faulting;
    }

    @Override
    public int awaitFaults(long[] into, Duration timeout) throws HypervisorException {
        faulting.lock().lock();
        try {
            long leftNs = timeout.toNanos();
            while (true) {
                requireHeld();
                int told = faulting.tell(into);
                if (told > 0 || leftNs <= 0) {
                    return told;
                }
                leftNs = faulting.faulted().awaitNanos(leftNs);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        } finally {
            faulting.lock().unlock();
        }
    }

    @Override
    public long place(long firstPage, MemorySegment content) throws HypervisorException {
        if (content.byteSize() % GuestMemory.PAGE_BYTES != 0) {
            throw new IllegalArgumentException("Not whole pages: " + content.byteSize());
        }
        long pages = content.byteSize() / GuestMemory.PAGE_BYTES;
        return placeEach(
                firstPage,
                pages,
                (page, at) -> faulting.memory()
                        .pages(page, 1)
                        .copyFrom(content.asSlice(at * GuestMemory.PAGE_BYTES, GuestMemory.PAGE_BYTES)));
    }

    @Override
    public long placeZeros(long firstPage, long pageCount) throws HypervisorException {
        return placeEach(
                firstPage,
                pageCount,
                (page, _) -> faulting.memory().pages(page, 1).fill((byte) 0));
    }

    @FunctionalInterface
    private interface Filler {
        void fill(long page, long index);
    }

    private long placeEach(long firstPage, long pageCount, Filler filler) throws HypervisorException {
        // Asked for its bounds only.
        faulting.memory().pages(firstPage, pageCount);
        faulting.lock().lock();
        try {
            requireHeld();
            long placed = 0;
            for (long i = 0; i < pageCount; i++) {
                if (!faulting.holdsData(firstPage + i)) {
                    filler.fill(firstPage + i, i);
                    placed++;
                }
                faulting.placed(firstPage + i);
            }
            return placed;
        } finally {
            faulting.lock().unlock();
        }
    }

    @Override
    public void complete() throws HypervisorException {
        faulting.lock().lock();
        try {
            requireHeld();
            faulting.end();
        } finally {
            faulting.lock().unlock();
        }
    }

    @Override
    public void close() {
        faulting.lock().lock();
        try {
            faulting.letGo(this);
        } finally {
            faulting.lock().unlock();
        }
    }

    private void requireHeld() throws HypervisorException {
        if (!faulting.heldBy(this)) {
            throw new HypervisorException("The guest's missing pages are not held any more, or by another");
        }
    }
}
