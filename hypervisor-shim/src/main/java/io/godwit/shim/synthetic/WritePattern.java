package io.godwit.shim.synthetic;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.godwit.shim.GuestMemory;
import java.lang.foreign.MemorySegment;

/// What a synthetic guest writes, as pure functions: from how far the writer has come follows what every page holds.
/// So a guest's memory can be checked at any time and place with nothing but that one number.
final class WritePattern {
    private static final long NEVER_WRITTEN = -2;
    private static final long FILLED = -1;
    private static final int PAGE_LONGS = GuestMemory.PAGE_BYTES / Long.BYTES;
    private static final int HEADER_LONGS = 2;
    private static final double GOLDEN_RATIO = 0.6180339887498949;

    private final long seed;
    private final int randomLongs;
    private final long filledPages;
    private final long workingSetFirst;
    private final long workingSetPages;
    private final long stride;

    WritePattern(SyntheticWorkload workload, long pageCount) {
        long usable = pageCount - 1;
        this.seed = workload.seed();
        this.randomLongs = (int) Math.round((PAGE_LONGS - HEADER_LONGS) * (1 - workload.compressibility()));
        this.filledPages = Math.min(workload.filledBytes() / GuestMemory.PAGE_BYTES, usable);
        this.workingSetPages = Math.min(workload.workingSetBytes() / GuestMemory.PAGE_BYTES, usable);
        // In the middle, so that it spans the border between the two regions.
        this.workingSetFirst = (usable - workingSetPages) / 2;
        this.stride = coprimeStride(workingSetPages);
    }

    long workingSetPages() {
        return workingSetPages;
    }

    long filledPages() {
        return filledPages;
    }

    /// The page that the writer's step with this number writes; a step follows the other from 0.
    long pageOfStep(long step) {
        return workingSetFirst + step % workingSetPages * stride % workingSetPages;
    }

    void writeFilled(MemorySegment page, long pageNumber) {
        write(page, pageNumber, FILLED);
    }

    /// The content of every page after a number of steps, one page at a time; all other pages are zero.
    void forEachWritten(long steps, PageSink sink) {
        for (long page = 0; page < filledPages; page++) {
            if (page < workingSetFirst || page >= workingSetFirst + workingSetPages) {
                sink.page(page, FILLED);
            }
        }
        for (long k = 0; k < workingSetPages; k++) {
            long page = pageOfStep(k);
            long last = k < steps ? steps - 1 - (steps - 1 - k) % workingSetPages : NEVER_WRITTEN;
            if (last != NEVER_WRITTEN) {
                sink.page(page, last);
            } else if (page < filledPages) {
                sink.page(page, FILLED);
            }
        }
    }

    @FunctionalInterface
    interface PageSink {
        void page(long pageNumber, long lastStep);
    }

    /// Writes what the step leaves in the page: its number and the step's, then bytes that do not compress, then bytes
    /// that do. Never all zero.
    void write(MemorySegment page, long pageNumber, long step) {
        page.setAtIndex(JAVA_LONG, 0, pageNumber);
        page.setAtIndex(JAVA_LONG, 1, step);
        long state = seed ^ (pageNumber * 0x9e3779b97f4a7c15L) ^ (step * 0xd1b54a32d192ed03L);
        for (int i = HEADER_LONGS; i < HEADER_LONGS + randomLongs; i++) {
            state += 0x9e3779b97f4a7c15L;
            page.setAtIndex(JAVA_LONG, i, mix(state));
        }
        long constant = 0x0101010101010101L * ((step & 0x7f) | 0x80);
        for (int i = HEADER_LONGS + randomLongs; i < PAGE_LONGS; i++) {
            page.setAtIndex(JAVA_LONG, i, constant);
        }
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    private static long coprimeStride(long pages) {
        long candidate = Math.max(1, (long) (pages * GOLDEN_RATIO));
        while (gcd(candidate, pages) > 1) {
            candidate++;
        }
        return candidate;
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
