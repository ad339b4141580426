package io.godwit.migration.postcopy;

import io.godwit.shim.PageBitmap;
import java.util.ArrayList;
import java.util.List;

/// What a target knows of its missing pages: which there were, which there still are, and which it has asked
/// for. Pure; not safe for use by several threads at once.
final class MissingLedger {
    private final PageBitmap everMissing;
    private final PageBitmap missing;
    private final PageBitmap asked;
    private long left;

    /// @param map which pages are missing; taken over
    MissingLedger(PageBitmap map) {
        this.missing = map;
        this.everMissing = new PageBitmap(map.pageCount());
        everMissing.or(map);
        this.asked = new PageBitmap(map.pageCount());
        this.left = map.cardinality();
    }

    /// What to do about somebody who waits for a page.
    enum Answer {
        /// The source has the page: ask for it.
        ASK,
        /// It was asked for and is under way.
        WAIT,
        /// It is a page of zeros, or is there by now.
        ZERO
    }

    Answer fault(long page) {
        if (!missing.get(page)) {
            return Answer.ZERO;
        }
        if (asked.get(page)) {
            return Answer.WAIT;
        }
        asked.set(page);
        return Answer.ASK;
    }

    /// Whether all these pages were missing once: others may not be placed, for they are the target's own.
    boolean expects(long firstPage, long count) {
        long other = everMissing.nextClear(firstPage);
        return other < 0 || other >= firstPage + count;
    }

    /// These pages are there.
    void placed(long firstPage, long count) {
        long end = firstPage + count;
        for (long page = missing.nextSet(firstPage); page >= 0 && page < end; page = missing.nextSet(page + 1)) {
            missing.clear(page);
            left--;
        }
    }

    /// These pages are zeros, which a hole is anyway: they are not missing any more, and need not be filled.
    ///
    /// @return those that somebody waits for, who has to be let go on by filling them
    List<Long> zeros(long firstPage, long count) {
        List<Long> awaited = new ArrayList<>();
        long end = firstPage + count;
        for (long page = asked.nextSet(firstPage); page >= 0 && page < end; page = asked.nextSet(page + 1)) {
            if (missing.get(page)) {
                awaited.add(page);
            }
        }
        placed(firstPage, count);
        return awaited;
    }

    long left() {
        return left;
    }

    /// A copy of the map of what is still missing.
    PageBitmap missing() {
        PageBitmap copy = new PageBitmap(missing.pageCount());
        copy.or(missing);
        return copy;
    }

    /// Pages that were asked for and are still missing.
    List<Long> outstanding() {
        List<Long> pages = new ArrayList<>();
        for (long page = asked.nextSet(0); page >= 0; page = asked.nextSet(page + 1)) {
            if (missing.get(page)) {
                pages.add(page);
            }
        }
        return pages;
    }
}
