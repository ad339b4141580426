package io.godwit.migration.postcopy;

import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message.Postcopy.MissingMap;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import java.util.ArrayList;
import java.util.List;

/// The map of missing pages on the wire: cut into parts, and put together again. Parts come in order and
/// cover every page of the guest.
public final class MissingMaps {
    private static final long PART_PAGES = (long) Limits.MAP_WORDS_MAX * Long.SIZE;

    private final PageBitmap map;
    private long nextPage;
    private boolean complete;

    MissingMaps(long pageCount) {
        this.map = new PageBitmap(pageCount);
    }

    /// Cuts a map into messages, at least one.
    public static List<MissingMap> parts(PageBitmap map) {
        List<MissingMap> parts = new ArrayList<>();
        for (long first = 0; first < map.pageCount(); first += PART_PAGES) {
            long end = Math.min(first + PART_PAGES, map.pageCount());
            long[] words = new long[Math.toIntExact((end - first + Long.SIZE - 1) / Long.SIZE)];
            for (long page = map.nextSet(first); page >= 0 && page < end; page = map.nextSet(page + 1)) {
                words[(int) ((page - first) / Long.SIZE)] |= 1L << page;
            }
            parts.add(new MissingMap(first, end == map.pageCount(), words));
        }
        return parts;
    }

    /// Takes the next part.
    ///
    /// @return true if it was the last
    /// @throws ProtocolException if it is not the one that follows, or speaks of pages that do not exist
    boolean add(MissingMap part) throws ProtocolException {
        long end = nextPage + (long) part.words().length * Long.SIZE;
        boolean last = end >= map.pageCount();
        boolean fits = end - map.pageCount() < Long.SIZE && (last || part.words().length == Limits.MAP_WORDS_MAX);
        if (complete || part.firstPage() != nextPage || !fits || part.last() != last) {
            throw new ProtocolException("The map of missing pages came out of order: " + part.words().length
                    + " words from page " + part.firstPage() + ", expected page " + nextPage);
        }
        for (int i = 0; i < part.words().length; i++) {
            for (long bits = part.words()[i]; bits != 0; bits &= bits - 1) {
                long page = nextPage + (long) i * Long.SIZE + Long.numberOfTrailingZeros(bits);
                if (page >= map.pageCount()) {
                    throw new ProtocolException("A page is missing that does not exist: " + page);
                }
                map.set(page);
            }
        }
        nextPage = end;
        complete = last;
        return last;
    }

    boolean complete() {
        return complete;
    }

    /// @throws IllegalStateException before the last part has come
    PageBitmap map() {
        if (!complete) {
            throw new IllegalStateException("The map of missing pages is not complete");
        }
        return map;
    }

    /// Every page that is not there.
    static PageBitmap holes(GuestMemory memory) throws HypervisorException {
        PageBitmap data = new PageBitmap(memory.pageCount());
        memory.dataPages(data);
        PageBitmap holes = new PageBitmap(data.pageCount());
        for (long page = data.nextClear(0); page >= 0; page = data.nextClear(page + 1)) {
            holes.set(page);
        }
        return holes;
    }
}
