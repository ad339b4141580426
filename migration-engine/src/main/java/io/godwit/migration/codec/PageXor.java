package io.godwit.migration.codec;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.godwit.shim.GuestMemory;
import java.lang.foreign.MemorySegment;

/// The difference of two versions of a page: their exclusive or, which makes either from the other.
final class PageXor {
    private PageXor() {}

    /// Writes the difference of two pages.
    ///
    /// @return how many of the page's words of eight bytes differ
    static int difference(
            MemorySegment page, long pageAt, MemorySegment base, long baseAt, MemorySegment into, long intoAt) {
        int changed = 0;
        for (int i = 0; i < GuestMemory.PAGE_BYTES; i += Long.BYTES) {
            long word = page.get(JAVA_LONG_UNALIGNED, pageAt + i) ^ base.get(JAVA_LONG_UNALIGNED, baseAt + i);
            into.set(JAVA_LONG_UNALIGNED, intoAt + i, word);
            changed += word == 0 ? 0 : 1;
        }
        return changed;
    }

    /// Turns differences into pages.
    ///
    /// @param bytes a multiple of eight
    static void apply(MemorySegment bases, MemorySegment differences, int bytes) {
        for (int i = 0; i < bytes; i += Long.BYTES) {
            long word = differences.get(JAVA_LONG_UNALIGNED, i) ^ bases.get(JAVA_LONG_UNALIGNED, i);
            differences.set(JAVA_LONG_UNALIGNED, i, word);
        }
    }
}
