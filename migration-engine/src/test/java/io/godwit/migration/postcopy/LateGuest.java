package io.godwit.migration.postcopy;

import io.godwit.migration.WaitingGuest;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPages;
import io.godwit.shim.PageBitmap;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// A guest whose memory is one array, and the kernel under it: tells of the faults that a test has it tell of, and
/// writes down what is placed.
public final class LateGuest implements WaitingGuest, GuestMemory, MissingPages {
    static final long PAGES = 100;
    static final long HIGH_FIRST = 60;
    private static final long LONG_S = 20;

    /// What is no hole.
    final PageBitmap data = new PageBitmap(PAGES);

    final List<String> calls = new CopyOnWriteArrayList<>();
    volatile Runnable whilePlacing = () -> {};
    volatile boolean cannotPlace;

    private final MemorySegment bytes = MemorySegment.ofArray(new byte[(int) PAGES * PAGE_BYTES]);
    private final BlockingQueue<Long> faults = new LinkedBlockingQueue<>();
    private final Semaphore waits = new Semaphore(0);

    void touch(long page) {
        faults.add(page);
    }

    /// Waits until whoever sees to those who wait has looked at what is left, and waits again.
    void awaitNextWait() throws InterruptedException {
        waits.drainPermits();
        if (!waits.tryAcquire(2, LONG_S, TimeUnit.SECONDS)) {
            throw new AssertionError("Nobody sees to those who wait any more: " + calls);
        }
    }

    @Override
    public String name() {
        return "web1";
    }

    @Override
    public GuestMemory memory() {
        return this;
    }

    @Override
    public MissingPages missingPages() {
        return this;
    }

    @Override
    public boolean gone() {
        return false;
    }

    @Override
    public void arrived() {
        calls.add("arrived");
    }

    @Override
    public void lost(String reason) {
        calls.add("lost: " + reason);
    }

    @Override
    public List<Region> regions() {
        return List.of(new Region("low", 0, HIGH_FIRST), new Region("high", HIGH_FIRST, PAGES - HIGH_FIRST));
    }

    @Override
    public long pageCount() {
        return PAGES;
    }

    @Override
    public MemorySegment pages(long firstPage, long pageCount) {
        return bytes.asSlice(firstPage * PAGE_BYTES, pageCount * PAGE_BYTES);
    }

    @Override
    public void dataPages(PageBitmap into) {
        into.or(data);
    }

    @Override
    public void zero(long firstPage, long pageCount) {
        calls.add("drops " + firstPage + "+" + pageCount);
    }

    @Override
    public int awaitFaults(long[] into, Duration timeout) throws HypervisorException {
        waits.release();
        try {
            Long page = faults.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (page == null) {
                return 0;
            }
            into[0] = page;
            return 1;
        } catch (InterruptedException e) {
            throw new HypervisorException("Nobody interrupts this", e);
        }
    }

    @Override
    public long place(long firstPage, MemorySegment content) throws HypervisorException {
        whilePlacing.run();
        if (cannotPlace) {
            throw new HypervisorException("It cannot be placed");
        }
        long count = content.byteSize() / PAGE_BYTES;
        calls.add("places " + firstPage + "+" + count);
        return count;
    }

    @Override
    public long placeZeros(long firstPage, long pageCount) {
        calls.add("zeros " + firstPage + "+" + pageCount);
        return pageCount;
    }

    @Override
    public void complete() {
        calls.add("complete");
    }

    @Override
    public void close() {}
}
