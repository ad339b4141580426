package io.godwit.shim;

import java.util.Arrays;
import java.util.Objects;

/// A fixed number of bits, one a page. Not safe for use by several threads at once.
public final class PageBitmap {
    private final long pageCount;
    private final long[] words;

    public PageBitmap(long pageCount) {
        if (pageCount < 0 || pageCount > (long) Integer.MAX_VALUE * Long.SIZE) {
            throw new IllegalArgumentException("Page count is out of range: " + pageCount);
        }
        this.pageCount = pageCount;
        this.words = new long[Math.toIntExact((pageCount + Long.SIZE - 1) / Long.SIZE)];
    }

    public long pageCount() {
        return pageCount;
    }

    public boolean get(long page) {
        Objects.checkIndex(page, pageCount);
        return (words[word(page)] & 1L << page) != 0;
    }

    public void set(long page) {
        Objects.checkIndex(page, pageCount);
        words[word(page)] |= 1L << page;
    }

    public void setRange(long firstPage, long count) {
        Objects.checkFromIndexSize(firstPage, count, pageCount);
        if (count == 0) {
            return;
        }
        long last = firstPage + count - 1;
        int firstWord = word(firstPage);
        int lastWord = word(last);
        long firstMask = -1L << firstPage;
        long lastMask = -1L >>> -(last + 1);
        if (firstWord == lastWord) {
            words[firstWord] |= firstMask & lastMask;
            return;
        }
        words[firstWord] |= firstMask;
        Arrays.fill(words, firstWord + 1, lastWord, -1L);
        words[lastWord] |= lastMask;
    }

    public void clear(long page) {
        Objects.checkIndex(page, pageCount);
        words[word(page)] &= ~(1L << page);
    }

    public void clearAll() {
        Arrays.fill(words, 0);
    }

    public void setAll() {
        setRange(0, pageCount);
    }

    /// Keeps only the bits that are set in `other` too.
    public void and(PageBitmap other) {
        checkSameSize(other);
        for (int i = 0; i < words.length; i++) {
            words[i] &= other.words[i];
        }
    }

    public void or(PageBitmap other) {
        checkSameSize(other);
        for (int i = 0; i < words.length; i++) {
            words[i] |= other.words[i];
        }
    }

    /// The first set page at or after `from`, or -1.
    public long nextSet(long from) {
        return next(from, 0);
    }

    /// The first clear page at or after `from`, or -1.
    public long nextClear(long from) {
        return next(from, -1L);
    }

    public long cardinality() {
        long sum = 0;
        for (long word : words) {
            sum += Long.bitCount(word);
        }
        return sum;
    }

    /// How many pages are set both here and in `other`.
    public long cardinalityOfBoth(PageBitmap other) {
        checkSameSize(other);
        long sum = 0;
        for (int i = 0; i < words.length; i++) {
            sum += Long.bitCount(words[i] & other.words[i]);
        }
        return sum;
    }

    /// Finds a set bit in the words after `flip` was applied to each.
    private long next(long from, long flip) {
        if (from >= pageCount) {
            return -1;
        }
        Objects.checkIndex(from, pageCount);
        int i = word(from);
        long bits = (words[i] ^ flip) & -1L << from;
        while (bits == 0) {
            if (++i == words.length) {
                return -1;
            }
            bits = words[i] ^ flip;
        }
        long page = (long) i * Long.SIZE + Long.numberOfTrailingZeros(bits);
        return page < pageCount ? page : -1;
    }

    private void checkSameSize(PageBitmap other) {
        if (other.pageCount != pageCount) {
            throw new IllegalArgumentException(
                    "Bitmaps differ in size: " + pageCount + " and " + other.pageCount + " pages");
        }
    }

    private static int word(long page) {
        return (int) (page / Long.SIZE);
    }
}
