package io.godwit.migration.codec;

import io.godwit.migration.protocol.Limits;
import io.godwit.shim.GuestMemory;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;

/// Pages that travel as what has changed in them since they were last sent on this connection. Not safe for use by
/// several threads at once.
///
/// The frame carries a checksum of what the pages were, which the target compares with its own before it changes a
/// byte: if the two ever differed, the migration would fail and not the guest.
final class DeltaBatch {
    private static final int PAGE_BYTES = GuestMemory.PAGE_BYTES;

    /// What a page costs in any frame: its run, and what LZ4 makes of zeros.
    private static final int PAGE_COST_BYTES = 32;

    /// Finding, checking and keeping a difference takes as long as staging a page twice more.
    private static final long DIFFERENCE_PASSES = 3;

    private final SentPages sent;
    private final MemorySegment differences;
    private final ByteBuffer differenceBytes;
    private final LZ4Compressor compressor = LZ4Factory.fastestInstance().fastCompressor();
    private final RunList runs = new RunList(Limits.FRAME_PAGES_MAX);
    private final int[] slots = new int[Limits.FRAME_PAGES_MAX];
    private final CRC32C bases = new CRC32C();

    DeltaBatch(SentPages sent, Arena arena) {
        this.sent = sent;
        int bytes = sent.holdsNothing() ? 0 : Limits.FRAME_RAW_BYTES_MAX;
        this.differences = arena.allocate(bytes, Long.BYTES);
        this.differenceBytes = differences.asByteBuffer();
    }

    boolean full() {
        return runs.pages() == Limits.FRAME_PAGES_MAX;
    }

    boolean empty() {
        return runs.pages() == 0;
    }

    long pages() {
        return runs.pages();
    }

    /// Notes what is about to be sent of a page, and takes the page into this batch if its difference is small. Must
    /// not be called when [#full].
    ///
    /// @param otherwiseBytes what the page is expected to cost as content
    /// @return false if the page has to be sent as content, now
    boolean take(long page, int region, int round, MemorySegment content, long at, int otherwiseBytes) {
        int slot = sent.find(page);
        if (slot < 0) {
            sent.hold(page, round, content, at);
            return false;
        }
        long to = runs.pages() * PAGE_BYTES;
        int changed = PageXor.difference(content, at, sent.piece(slot), sent.offset(slot), differences, to);
        boolean pays = changed * Long.BYTES + PAGE_COST_BYTES <= otherwiseBytes;
        if (pays) {
            bases.update(sent.bytes(slot));
            slots[(int) runs.pages()] = slot;
            runs.add(page, 1, region);
        }
        sent.replace(slot, round, content, at);
        return pays;
    }

    /// Sends the batch, which is empty afterwards.
    ///
    /// @return false if nothing was sent and the batch is as before, because it would save too little
    boolean send(FrameWriter writer) throws IOException, InterruptedException {
        int rawBytes = (int) runs.pages() * PAGE_BYTES;
        ByteBuf frame = writer.begin(runs, Integer.BYTES + compressor.maxCompressedLength(rawBytes));
        frame.writeInt((int) bases.getValue());
        long started = System.nanoTime();
        ByteBuffer room = frame.nioBuffer(frame.writerIndex(), frame.writableBytes());
        int compressed = compressor.compress(differenceBytes, 0, rawBytes, room, 0, room.remaining());
        if (compressed > rawBytes - rawBytes / 8) {
            frame.release();
            return false;
        }
        frame.writerIndex(frame.writerIndex() + compressed);
        long pages = runs.pages();
        clear();
        long busyNanos = System.nanoTime() - started + DIFFERENCE_PASSES * CodecControl.stagingNanos(rawBytes);
        writer.send(frame, PageKind.DELTA, pages, busyNanos);
        return true;
    }

    /// Hands out the pages as they are now at their source, and is empty afterwards.
    void spill(PageSink sink) throws IOException, InterruptedException {
        int next = 0;
        for (int i = 0; i < runs.size(); i++) {
            for (long page = runs.firstPage(i); page < runs.firstPage(i) + runs.count(i); page++) {
                int slot = slots[next++];
                sink.page(page, sent.piece(slot), sent.offset(slot));
            }
        }
        clear();
    }

    @FunctionalInterface
    interface PageSink {
        void page(long page, MemorySegment content, long at) throws IOException, InterruptedException;
    }

    private void clear() {
        runs.clear();
        bases.reset();
    }
}
