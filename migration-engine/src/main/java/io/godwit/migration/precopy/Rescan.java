package io.godwit.migration.precopy;

import io.godwit.shim.PageBitmap;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/// Scans again while a long round is sent. A page that was written since the round's scan and has not been sent yet
/// need not be: it has to be sent in the next round anyway.
///
/// The scans are those of any round, so nothing is lost: what they report belongs to the next round. They come
/// seldom, because each makes the guest's next write to a page slow, and so that a round always sends something.
final class Rescan {
    /// Below this, too little is written again to be worth a scan.
    private static final long INTERVAL_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(100);

    /// Scanning takes one part in this many of a round at most.
    private static final long INTERVAL_PER_SCAN = 50;

    private final Scan scan;
    private final PageBitmap written;
    private long intervalNanos = INTERVAL_NANOS_MIN;
    private volatile boolean any;

    /// @param scan    reports what was written since the scan before
    /// @param written collects it; nobody else changes it while a round is sent
    Rescan(Scan scan, PageBitmap written) {
        this.scan = scan;
        this.written = written;
    }

    @FunctionalInterface
    interface Scan {
        /// @return how long it took
        long into(PageBitmap written) throws IOException;
    }

    long intervalNanos() {
        return intervalNanos;
    }

    void scan() throws IOException {
        intervalNanos = interval(scan.into(written));
        // Written after each scan: whoever reads it sees what was scanned.
        any = true;
    }

    static long interval(long scanNanos) {
        return Math.max(INTERVAL_NANOS_MIN, scanNanos * INTERVAL_PER_SCAN);
    }

    /// To be asked before [#isLater]: makes seen here what was scanned by then.
    boolean any() {
        return any;
    }

    /// Whether a page is in the next round already. May say no too often, never yes.
    boolean isLater(long page) {
        return written.get(page);
    }
}
