package io.godwit.migration.codec;

/// Ascending runs of pages in arrays that are used again and again. Neighbours in one region grow together.
final class RunList {
    /// What a run's count may be on the wire, where it has 32 bits and is kept non-negative.
    static final long COUNT_MAX = Integer.MAX_VALUE;

    private final long[] firstPages;
    private final long[] counts;
    private int size;
    private int lastRegion = -1;
    private long pages;

    RunList(int capacity) {
        firstPages = new long[capacity];
        counts = new long[capacity];
    }

    int size() {
        return size;
    }

    /// All runs together.
    long pages() {
        return pages;
    }

    long firstPage(int i) {
        return firstPages[i];
    }

    long count(int i) {
        return counts[i];
    }

    boolean fits(long firstPage, long count, int region) {
        return size < firstPages.length || extendsLast(firstPage, count, region);
    }

    void add(long firstPage, long count, int region) {
        if (extendsLast(firstPage, count, region)) {
            counts[size - 1] += count;
        } else {
            firstPages[size] = firstPage;
            counts[size] = count;
            size++;
        }
        lastRegion = region;
        pages += count;
    }

    void clear() {
        size = 0;
        pages = 0;
        lastRegion = -1;
    }

    private boolean extendsLast(long firstPage, long count, int region) {
        return size > 0
                && region == lastRegion
                && firstPages[size - 1] + counts[size - 1] == firstPage
                && counts[size - 1] + count <= COUNT_MAX;
    }
}
