package io.godwit.migration.postcopy;

import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;

/// What a target has of pages that are missing is old, and the kernel would take it for the page.
final class StalePages {
    private StalePages() {}

    /// Drops it. Nobody else may write to the memory meanwhile.
    ///
    /// @throws HypervisorException if something of a missing page would stay
    static void drop(GuestMemory memory, PageBitmap missing) throws HypervisorException {
        PageBitmap stale = find(memory, missing);
        for (GuestMemory.Region region : memory.regions()) {
            drop(memory, stale, region.firstPage(), region.firstPage() + region.pageCount());
        }
        // A huge page that cannot be split is filled with zeros instead of being dropped: the guest would take these.
        long kept = find(memory, missing).nextSet(0);
        if (kept >= 0) {
            throw new HypervisorException("Old content of a missing page cannot be dropped, first page: " + kept);
        }
    }

    private static PageBitmap find(GuestMemory memory, PageBitmap missing) throws HypervisorException {
        PageBitmap stale = new PageBitmap(memory.pageCount());
        memory.dataPages(stale);
        stale.and(missing);
        return stale;
    }

    private static void drop(GuestMemory memory, PageBitmap stale, long first, long end) throws HypervisorException {
        long page = stale.nextSet(first);
        while (page >= 0 && page < end) {
            long clear = stale.nextClear(page);
            long runEnd = clear < 0 ? end : Math.min(clear, end);
            memory.zero(page, runEnd - page);
            page = runEnd < end ? stale.nextSet(runEnd) : -1;
        }
    }
}
