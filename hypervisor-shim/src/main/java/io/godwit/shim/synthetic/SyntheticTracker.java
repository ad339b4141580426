package io.godwit.shim.synthetic;

import io.godwit.shim.DirtyTracker;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import java.util.concurrent.atomic.AtomicLongArray;

/// Dirty bookkeeping by the writer itself. A page is marked before it is written and once more afterwards: marked
/// only before, a scan in between would take the mark of a write that is still to come; marked only afterwards, it
/// would miss a write that has begun.
final class SyntheticTracker implements DirtyTracker {
    private final SyntheticMachine machine;
    private final long pageCount;
    private final AtomicLongArray marks;
    private boolean scanned;

    SyntheticTracker(SyntheticMachine machine, long pageCount) {
        this.machine = machine;
        this.pageCount = pageCount;
        this.marks = new AtomicLongArray(Math.toIntExact((pageCount + Long.SIZE - 1) / Long.SIZE));
    }

    void mark(long page) {
        marks.getAndUpdate((int) (page / Long.SIZE), word -> word | 1L << page);
    }

    @Override
    public long scan(PageBitmap into) throws HypervisorException {
        machine.beforeScan(this);
        long reported = 0;
        for (int i = 0; i < marks.length(); i++) {
            long word = marks.getAndSet(i, 0);
            reported += Long.bitCount(word);
            for (long bits = scanned ? word : 0; bits != 0; bits &= bits - 1) {
                into.set((long) i * Long.SIZE + Long.numberOfTrailingZeros(bits));
            }
        }
        if (!scanned) {
            into.setAll();
            reported = pageCount;
        }
        scanned = true;
        return reported;
    }

    @Override
    public void close() {
        machine.stopTracking(this);
    }
}
