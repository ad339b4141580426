package io.godwit.migration.codec;

import io.godwit.migration.protocol.Limits;
import io.godwit.shim.GuestMemory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

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
/// |  5 zstd: one zstd frame of all of them                       ...
/// ```
///
/// Runs ascend, do not overlap, and lie in one region each. In a round a page is told once.
public final class PageEncoder implements AutoCloseable {
    private static final int PAGE_BYTES = GuestMemory.PAGE_BYTES;
    private static final MemorySegment ZERO_PAGE =
            MemorySegment.ofArray(new byte[PAGE_BYTES]).asReadOnly();

    /// Round 1 sends every page once and cannot know which will be written again; from here on pages are held for
    /// their differences.
    private static final int FIRST_HELD_ROUND = 2;

    private final MappedRam ram;
    private final FrameWriter writer;
    private final Arena arena = Arena.ofShared();
    private final Staging staging;
    private final BatchCompressor compressor;
    private final RunList data = new RunList(Limits.FRAME_PAGES_MAX);
    private final RunList zeros = new RunList(Limits.ZERO_RUNS_MAX);
    private final SentPages sent;
    private final DeltaBatch delta;
    private int contentBytesPerPage = PAGE_BYTES;

    /// @param control       decides about compression, for all connections
    /// @param connections   of which this encodes one
    /// @param heldBytesMax  how much of what was sent is held for differences; 0 for a target that does not know
    ///                      them
    public PageEncoder(
            MappedRam ram,
            ByteBufAllocator allocator,
            FrameSink sink,
            CodecControl control,
            int connections,
            long heldBytesMax) {
        this.ram = ram;
        this.writer = new FrameWriter(allocator, sink, control);
        this.staging = new Staging(allocator);
        this.compressor = new BatchCompressor(control);
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
        MemorySegment copy = staging.segment();
        MemorySegment.copy(from, offset, copy, to, PAGE_BYTES);
        if (MemorySegment.mismatch(copy, to, to + PAGE_BYTES, ZERO_PAGE, 0, PAGE_BYTES) < 0) {
            addZeroRun(page, 1, region);
            return;
        }
        if (writer.round() >= FIRST_HELD_ROUND
                && delta.take(page, region, writer.round(), copy, to, contentBytesPerPage)) {
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
        writer.send(frame, PageKind.ZERO, pages, 0);
    }

    /// Differences that save too little become content again.
    private void flushDelta() throws IOException, InterruptedException {
        if (delta.empty() || delta.send(writer)) {
            return;
        }
        flushData();
        delta.spill((page, content, at) -> {
            MemorySegment.copy(content, at, staging.segment(), data.pages() * PAGE_BYTES, PAGE_BYTES);
            addStaged(page, ram.regionOf(page));
        });
        flushData();
    }

    private void flushData() throws IOException, InterruptedException {
        if (data.size() == 0) {
            return;
        }
        int rawBytes = (int) data.pages() * PAGE_BYTES;
        Codec codec = compressor.choose(staging.bytes(), rawBytes);
        if (codec == Codec.RAW || !sendCompressed(codec, rawBytes)) {
            ByteBuf frame = staging.give();
            writer.beginBefore(frame, Staging.CONTENT_AT, rawBytes, data);
            contentBytesPerPage = PAGE_BYTES;
            sendData(frame, PageKind.RAW, CodecControl.stagingNanos(rawBytes));
        }
    }

    /// @return false if nothing was sent, because it does not compress
    private boolean sendCompressed(Codec codec, int rawBytes) throws IOException, InterruptedException {
        long started = System.nanoTime();
        ByteBuf frame = writer.begin(data, BatchCompressor.roomBytes(rawBytes));
        ByteBuffer room = frame.nioBuffer(frame.writerIndex(), frame.writableBytes());
        int size = compressor.compress(codec, staging.bytes(), rawBytes, room);
        if (size == 0) {
            frame.release();
            return false;
        }
        frame.writerIndex(frame.writerIndex() + size);
        contentBytesPerPage = size / (int) data.pages();
        sendData(frame, codec.kind(), System.nanoTime() - started + CodecControl.stagingNanos(rawBytes));
        return true;
    }

    private void sendData(ByteBuf frame, PageKind kind, long busyNanos) throws IOException, InterruptedException {
        long pages = data.pages();
        data.clear();
        writer.send(frame, kind, pages, busyNanos);
    }

    @Override
    public void close() {
        compressor.close();
        staging.close();
        sent.close();
        arena.close();
    }
}
