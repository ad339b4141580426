package io.godwit.migration.postcopy;

import io.godwit.shim.PageBitmap;
import java.util.function.LongConsumer;

/// What a source counts of pages that come after the switchover, over all its connections. Safe for use by
/// several threads.
final class LateTally {
    private final LongConsumer sent;
    private final PageBitmap asked;
    private long pagesAsked;
    private long pagesLeft;
    private long pages;

    /// @param sent told of all bytes that are sent
    LateTally(long pageCount, LongConsumer sent) {
        this.sent = sent;
        this.asked = new PageBitmap(pageCount);
    }

    void sent(long bytes) {
        sent.accept(bytes);
    }

    /// Somebody waits for this page; told again after a connection was lost it counts once.
    synchronized void asked(long page) {
        if (!asked.get(page)) {
            asked.set(page);
            pagesAsked++;
        }
    }

    /// The target says how many it misses: all of them the first time, what is left of them later.
    synchronized void missing(long count) {
        pages = Math.max(pages, count);
        pagesLeft = count;
    }

    /// So many were handed to a connection. Those that were asked for may count twice, which is why the target's
    /// own word corrects it.
    synchronized void served(long count) {
        pagesLeft = Math.max(0, pagesLeft - count);
    }

    synchronized long pages() {
        return pages;
    }

    synchronized long pagesAsked() {
        return pagesAsked;
    }

    synchronized long pagesLeft() {
        return pagesLeft;
    }
}
