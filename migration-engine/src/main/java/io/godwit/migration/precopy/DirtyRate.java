package io.godwit.migration.precopy;

import io.godwit.shim.GuestMemory;
import java.util.concurrent.TimeUnit;

/// How fast the guest writes, from what scans report. Scans shortly after one another are taken together: alone
/// they say nothing. Time is an argument; used by one thread.
final class DirtyRate {
    private static final long TELLING_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private long sinceNanos;
    private long pages;
    private long bytesPerSecond;
    private boolean started;
    private boolean known;

    /// The first scan reports every page and only starts the clock.
    void add(long reportedPages, long nowNanos) {
        if (!started) {
            started = true;
            sinceNanos = nowNanos;
            return;
        }
        pages += reportedPages;
        long elapsed = nowNanos - sinceNanos;
        if (elapsed >= TELLING_NANOS || (!known && elapsed > 0)) {
            bytesPerSecond = Math.round(pages * GuestMemory.PAGE_BYTES * 1e9 / elapsed);
            known = true;
            sinceNanos = nowNanos;
            pages = 0;
        }
    }

    /// 0 while unknown.
    long bytesPerSecond() {
        return bytesPerSecond;
    }
}
