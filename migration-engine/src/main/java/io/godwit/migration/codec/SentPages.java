package io.godwit.migration.codec;

import io.godwit.migration.protocol.Limits;
import io.godwit.shim.GuestMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// What one data connection has sent last of the pages that are written again and again, within a limit of bytes.
///
/// The invariant: a page that is held here stands in the target's RAM with the same content once the target has
/// applied what was sent on this connection so far. It holds because a page always takes the same connection,
/// frames are applied in order, and whoever sends a page otherwise makes this forget it.
///
/// A page may stand in one of four places. Of those, the one unused for longest gives way, unless it was used in
/// this round or the one before: a set of pages too large for the limit would otherwise drive itself out and never
/// be found. Memory is taken piece by piece, so a guest that rewrites little costs little. Not safe for use by
/// several threads at once.
final class SentPages implements AutoCloseable {
    private static final int PAGE_BYTES = GuestMemory.PAGE_BYTES;
    private static final int WAYS = 4;
    private static final int PIECE_PAGES = 256;
    private static final int PIECE_BYTES = PIECE_PAGES * PAGE_BYTES;
    private static final int SLOTS_MAX = Integer.MAX_VALUE / 2 / PIECE_PAGES * PIECE_PAGES;
    private static final long NONE = -1;

    private final int connections;
    private final int sets;
    private final long[] pages;
    private final int[] rounds;
    private final MemorySegment[] pieces;
    private final ByteBuffer[] pieceBytes;
    private final Arena arena = Arena.ofShared();

    /// @param bytesMax    how much content is held at most; 0 holds nothing
    /// @param connections among which pages are divided by their blocks
    /// @param pageCount   of the guest: more is never held
    SentPages(long bytesMax, int connections, long pageCount) {
        long wanted = Math.min(bytesMax / PAGE_BYTES, pageCount + WAYS);
        int slots = (int) Math.min(wanted, SLOTS_MAX) / WAYS * WAYS;
        this.connections = connections;
        this.sets = slots / WAYS;
        this.pages = new long[slots];
        this.rounds = new int[slots];
        int pieceCount = (slots + PIECE_PAGES - 1) / PIECE_PAGES;
        this.pieces = new MemorySegment[pieceCount];
        this.pieceBytes = new ByteBuffer[pieceCount];
        Arrays.fill(pages, NONE);
    }

    boolean holdsNothing() {
        return sets == 0;
    }

    /// @return the place of a page's content, or -1
    int find(long page) {
        if (sets == 0) {
            return -1;
        }
        for (int slot = firstSlot(page); slot < pages.length; slot += sets) {
            if (pages[slot] == page) {
                return slot;
            }
        }
        return -1;
    }

    /// Holds a page that is not held yet, if there is a place for it.
    void hold(long page, int round, MemorySegment content, long at) {
        if (sets == 0) {
            return;
        }
        int oldest = firstSlot(page);
        for (int slot = oldest; slot < pages.length; slot += sets) {
            if (pages[slot] == NONE) {
                oldest = slot;
                break;
            }
            if (rounds[slot] < rounds[oldest]) {
                oldest = slot;
            }
        }
        if (pages[oldest] == NONE || rounds[oldest] < round - 1) {
            pages[oldest] = page;
            replace(oldest, round, content, at);
        }
    }

    /// The page in this place has been sent with other content.
    void replace(int slot, int round, MemorySegment content, long at) {
        int piece = slot / PIECE_PAGES;
        if (pieces[piece] == null) {
            int left = Math.min(PIECE_BYTES, (pages.length - piece * PIECE_PAGES) * PAGE_BYTES);
            pieces[piece] = arena.allocate(left, Long.BYTES);
            pieceBytes[piece] = pieces[piece].asByteBuffer();
        }
        rounds[slot] = round;
        MemorySegment.copy(content, at, pieces[piece], offset(slot), PAGE_BYTES);
    }

    /// Pages have been sent otherwise than this knows of.
    void forget(long firstPage, long count) {
        if (sets == 0) {
            return;
        }
        if (count > pages.length) {
            for (int slot = 0; slot < pages.length; slot++) {
                if (pages[slot] >= firstPage && pages[slot] < firstPage + count) {
                    pages[slot] = NONE;
                }
            }
            return;
        }
        for (long page = firstPage; page < firstPage + count; page++) {
            int slot = find(page);
            if (slot >= 0) {
                pages[slot] = NONE;
            }
        }
    }

    /// The memory that has a place's content, from [#offset] on.
    MemorySegment piece(int slot) {
        return pieces[slot / PIECE_PAGES];
    }

    long offset(int slot) {
        return (long) (slot % PIECE_PAGES) * PAGE_BYTES;
    }

    /// A place's content for a checksum. Valid until the next call for a place of the same piece.
    ByteBuffer bytes(int slot) {
        int at = (int) offset(slot);
        return pieceBytes[slot / PIECE_PAGES].limit(at + PAGE_BYTES).position(at);
    }

    /// Where a page's set begins; its other places follow one each further [#sets]. Neighbours stand in neighbouring
    /// sets, and a connection's blocks behind one another, so that a range of pages uses every place before any is
    /// used twice, and fills a piece before it needs the next.
    private int firstSlot(long page) {
        long block = page / Limits.BLOCK_PAGES / connections;
        long number = block * Limits.BLOCK_PAGES + page % Limits.BLOCK_PAGES;
        return (int) (number % sets);
    }

    @Override
    public void close() {
        arena.close();
    }
}
