package io.godwit.migration.codec;

import io.godwit.migration.protocol.Limits;
import io.godwit.shim.GuestMemory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;

/// Turns the pages of one data connection into frames. Not safe for use by several threads at once.
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +---------------------------------------------------------------+
/// |                             round                             |
/// +---------------------------------------------------------------+
/// |    number of the frame in this round on this connection       |
/// +---------------+---------------+-------------------------------+
/// |     kind      |     zero      |        number of runs         |
/// +---------------+---------------+-------------------------------+
/// |  a run: first page (64 bits), number of pages (32 bits)      ...
/// +---------------------------------------------------------------+
/// |  1 raw: the pages                                            ...
/// |  2 LZ4: one block of all of them                             ...
/// |  3 zero: nothing                                             ...
/// |  4 delta: CRC32C of the pages as they were (32 bits), then    ...
/// |    one LZ4 block of all of them, exclusive or what they were  ...
/// ```
///
/// Runs ascend, do not overlap, and lie in one region each. In a round a page is told once.
public final class PageEncoder implements AutoCloseable {
    private static final int PAGE_BYTES = GuestMemory.PAGE_BYTES;
    private static final MemorySegment ZERO_PAGE =
            MemorySegment.ofArray(new byte[PAGE_BYTES]).asReadOnly();

    /// LZ4 pays if it saves an eighth; after a batch where it did not, this many batches and then twice as many
    /// go untried.
    private static final int UNTRIED_FIRST = 2;

    private static final int UNTRIED_MAX = 64;

    /// Round 1 sends every page once and cannot know which will be written again; from here on pages are held for
    /// their differences.
    private static final int FIRST_HELD_ROUND = 2;

    private final MappedRam ram;
    private final FrameWriter writer;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment staging = arena.allocate(Limits.FRAME_RAW_BYTES_MAX, Long.BYTES);
    private final ByteBuffer stagingBytes = staging.asByteBuffer();
    private final LZ4Compressor compressor = LZ4Factory.fastestInstance().fastCompressor();
    private final RunList data = new RunList(Limits.FRAME_PAGES_MAX);
    private final RunList zeros = new RunList(Limits.ZERO_RUNS_MAX);
    private final SentPages sent;
    private final DeltaBatch delta;
    private int contentBytesPerPage = PAGE_BYTES;
    private int untriedLeft;
    private int untriedNext = UNTRIED_FIRST;

    /// @param connections   of which this encodes one
    /// @param heldBytesMax  how much of what was sent is held for differences; 0 for a target that does not know
    ///                      them
    public PageEncoder(MappedRam ram, ByteBufAllocator allocator, FrameSink sink, int connections, long heldBytesMax) {
        this.ram = ram;
        this.writer = new FrameWriter(allocator, sink);
        this.sent = new SentPages(heldBytesMax, connections, ram.pageCount());
        this.delta = new DeltaBatch(sent, arena);
    }

    public void beginRound(int number) {
        writer.beginRound(number);
    }

    /// Copies pages as they are now; they are sent as content, as differences or as zeros. The run lies within the
    /// RAM and may cross region ends.
    public void add(long firstPage, int count) throws IOException, InterruptedException {
        long page = firstPage;
        long end = firstPage + count;
        while (page < end) {
            int region = ram.regionOf(page);
            long regionEnd = Math.min(end, ram.regionEnd(page));
            while (page < regionEnd) {
                stage(ram.segment(region), ram.offsetInRegion(region, page), page, region);
                page++;
            }
        }
    }

    /// Tells that pages read as zero, without looking at them. The run lies within the RAM and may cross region
    /// ends.
    public void addZeros(long firstPage, long count) throws IOException, InterruptedException {
        long page = firstPage;
        long end = firstPage + count;
        while (page < end) {
            long taken = Math.min(Math.min(end, ram.regionEnd(page)) - page, RunList.COUNT_MAX);
            addZeroRun(page, taken, ram.regionOf(page));
            page += taken;
        }
    }

    /// Sends what is held back.
    ///
    /// @return the number of frames this round had
    public int endRound() throws IOException, InterruptedException {
        flushDelta();
        flushData();
        flushZeros();
        return writer.frames();
    }

    /// The copy comes first; from here on live memory is not looked at again.
    private void stage(MemorySegment from, long offset, long page, int region)
            throws IOException, InterruptedException {
        long to = data.pages() * PAGE_BYTES;
        MemorySegment.copy(from, offset, staging, to, PAGE_BYTES);
        if (MemorySegment.mismatch(staging, to, to + PAGE_BYTES, ZERO_PAGE, 0, PAGE_BYTES) < 0) {
            addZeroRun(page, 1, region);
            return;
        }
        if (writer.round() >= FIRST_HELD_ROUND
                && delta.take(page, region, writer.round(), staging, to, contentBytesPerPage)) {
            if (delta.full()) {
                flushDelta();
            }
            return;
        }
        addStaged(page, region);
    }

    private void addStaged(long page, int region) throws IOException, InterruptedException {
        data.add(page, 1, region);
        if (data.pages() == Limits.FRAME_PAGES_MAX) {
            flushData();
        }
    }

    private void addZeroRun(long firstPage, long count, int region) throws IOException, InterruptedException {
        sent.forget(firstPage, count);
        if (!zeros.fits(firstPage, count, region)) {
            flushZeros();
        }
        zeros.add(firstPage, count, region);
    }

    private void flushZeros() throws IOException, InterruptedException {
        if (zeros.size() == 0) {
            return;
        }
        ByteBuf frame = writer.begin(zeros, 0);
        long pages = zeros.pages();
        zeros.clear();
        writer.send(frame, PageKind.ZERO, pages);
    }

    /// Differences that save too little become content again.
    private void flushDelta() throws IOException, InterruptedException {
        if (delta.empty() || delta.send(writer)) {
            return;
        }
        flushData();
        delta.spill((page, content, at) -> {
            MemorySegment.copy(content, at, staging, data.pages() * PAGE_BYTES, PAGE_BYTES);
            addStaged(page, ram.regionOf(page));
        });
        flushData();
    }

    private void flushData() throws IOException, InterruptedException {
        if (data.size() == 0) {
            return;
        }
        int rawBytes = (int) data.pages() * PAGE_BYTES;
        ByteBuf frame = writer.begin(data, Math.max(compressor.maxCompressedLength(rawBytes), rawBytes));
        PageKind kind = PageKind.RAW;
        int compressed = compress(frame, rawBytes);
        if (compressed > 0) {
            kind = PageKind.LZ4;
            frame.writerIndex(frame.writerIndex() + compressed);
        } else {
            frame.writeBytes(stagingBytes.slice(0, rawBytes));
        }
        long pages = data.pages();
        contentBytesPerPage = (compressed > 0 ? compressed : rawBytes) / (int) pages;
        data.clear();
        writer.send(frame, kind, pages);
    }

    /// @return the size of the block now standing behind the frame's end, or 0 if compression does not pay
    private int compress(ByteBuf frame, int rawBytes) {
        if (untriedLeft > 0) {
            untriedLeft--;
            return 0;
        }
        ByteBuffer room = frame.nioBuffer(frame.writerIndex(), frame.writableBytes());
        int compressed = compressor.compress(stagingBytes, 0, rawBytes, room, 0, room.remaining());
        if (compressed <= rawBytes - rawBytes / 8) {
            untriedNext = UNTRIED_FIRST;
            return compressed;
        }
        untriedLeft = untriedNext;
        untriedNext = Math.min(untriedNext * 2, UNTRIED_MAX);
        return 0;
    }

    @Override
    public void close() {
        sent.close();
        arena.close();
    }
}
