package io.godwit.migration.postcopy;

import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.PageBitmap;
import java.util.ArrayDeque;
import java.util.Deque;

/// What a source still has to send, and in which order: what somebody waits for first, the rest from there
/// on, for what is needed next usually lies behind it. Pure; not safe for use by several threads at once.
final class PagesToSend {
    private final PageBitmap unsent;

    /// Pages already sent because they were asked for: asked for again, they are under way.
    private final PageBitmap hurried;

    private final Deque<Long> urgent = new ArrayDeque<>();
    private long cursor;
    private long left;

    /// @param missing what the target misses; taken over
    PagesToSend(PageBitmap missing) {
        this.unsent = missing;
        this.left = missing.cardinality();
        this.hurried = new PageBitmap(missing.pageCount());
    }

    /// Somebody waits for this page. A page that was sent among the others is sent once more, for those may
    /// be stuck behind each other.
    ///
    /// @throws ProtocolException if there is no such page
    void request(long page) throws ProtocolException {
        if (page < 0 || page >= unsent.pageCount()) {
            throw new ProtocolException("The target misses a page that does not exist: " + page);
        }
        if (!hurried.get(page)) {
            hurried.set(page);
            urgent.addLast(page);
        }
    }

    /// @return the next page that somebody waits for, or -1
    long nextUrgent() {
        Long page = urgent.pollFirst();
        if (page == null) {
            return -1;
        }
        if (unsent.get(page)) {
            unsent.clear(page);
            left--;
        }
        cursor = page + 1;
        return page;
    }

    boolean hasUrgent() {
        return !urgent.isEmpty();
    }

    /// Consecutive pages of the rest.
    record Run(long firstPage, int pages) {
        static final Run NONE = new Run(0, 0);
    }

    /// @param ends  where a run must end: the number behind the last page of a page's region
    /// @return up to `max` pages, which count as sent; [Run#NONE] if nothing is left
    Run nextRun(int max, RegionEnds ends) {
        long first = cursor < unsent.pageCount() ? unsent.nextSet(cursor) : -1;
        if (first < 0) {
            first = unsent.nextSet(0);
        }
        if (first < 0) {
            return Run.NONE;
        }
        long clear = unsent.nextClear(first);
        long end = Math.min(clear < 0 ? unsent.pageCount() : clear, Math.min(first + max, ends.regionEnd(first)));
        for (long page = first; page < end; page++) {
            unsent.clear(page);
        }
        left -= end - first;
        cursor = end;
        return new Run(first, (int) (end - first));
    }

    @FunctionalInterface
    interface RegionEnds {
        long regionEnd(long page);
    }

    long left() {
        return left;
    }
}
