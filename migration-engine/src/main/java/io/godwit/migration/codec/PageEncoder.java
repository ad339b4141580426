package io.godwit.migration.codec;

import io.godwit.migration.protocol.FrameHeader;
import io.godwit.migration.protocol.FrameType;
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
/// | 1 raw 2 LZ4 3 zero | zero     |        number of runs         |
/// +---------------+---------------+-------------------------------+
/// |  a run: first page (64 bits), number of pages (32 bits)      ...
/// +---------------------------------------------------------------+
/// |  raw: the pages; LZ4: one block of all of them; zero: nothing...
/// ```
///
/// Runs ascend, do not overlap, and lie in one region each.
public final class PageEncoder implements AutoCloseable {
    static final int PREFIX_BYTES = 12;
    private static final int PAGE_BYTES = GuestMemory.PAGE_BYTES;
    private static final MemorySegment ZERO_PAGE =
            MemorySegment.ofArray(new byte[PAGE_BYTES]).asReadOnly();

    /// LZ4 pays if it saves an eighth; after a batch where it did not, this many batches and then twice as many
    /// go untried.
    private static final int UNTRIED_FIRST = 2;

    private static final int UNTRIED_MAX = 64;

    private final MappedRam ram;
    private final ByteBufAllocator allocator;
    private final FrameSink sink;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment staging = arena.allocate(Limits.FRAME_RAW_BYTES_MAX, Long.BYTES);
    private final ByteBuffer stagingBytes = staging.asByteBuffer();
    private final LZ4Compressor compressor = LZ4Factory.fastestInstance().fastCompressor();
    private final RunList data = new RunList(Limits.FRAME_PAGES_MAX);
    private final RunList zeros = new RunList(Limits.ZERO_RUNS_MAX);
    private int round;
    private int frames;
    private int untriedLeft;
    private int untriedNext = UNTRIED_FIRST;

    public PageEncoder(MappedRam ram, ByteBufAllocator allocator, FrameSink sink) {
        this.ram = ram;
        this.allocator = allocator;
        this.sink = sink;
    }

    public void beginRound(int number) {
        round = number;
        frames = 0;
    }

    /// Copies pages as they are now; they are sent as content or as zeros. The run lies within the RAM and may
    /// cross region ends.
    public void add(long firstPage, int count) throws IOException, InterruptedException {
        long page = firstPage;
        long end = firstPage + count;
        while (page < end) {
            int free = Limits.FRAME_PAGES_MAX - (int) data.pages();
            int taken = (int) Math.min(Math.min(end, ram.regionEnd(page)) - page, free);
            stage(page, taken);
            page += taken;
            if (data.pages() == Limits.FRAME_PAGES_MAX) {
                flushData();
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
            addZeroRun(page, taken);
            page += taken;
        }
    }

    /// Sends what is held back.
    ///
    /// @return the number of frames this round had
    public int endRound() throws IOException, InterruptedException {
        flushData();
        flushZeros();
        return frames;
    }

    /// The copy comes first; from here on live memory is not looked at again.
    private void stage(long firstPage, int count) throws IOException, InterruptedException {
        int region = ram.regionOf(firstPage);
        long to = data.pages() * PAGE_BYTES;
        long offset = ram.offsetInRegion(region, firstPage);
        MemorySegment.copy(ram.segment(region), offset, staging, to, (long) count * PAGE_BYTES);
        for (int i = 0; i < count; i++) {
            long from = to + (long) i * PAGE_BYTES;
            if (isZero(from)) {
                addZeroRun(firstPage + i, 1);
                continue;
            }
            long kept = data.pages() * PAGE_BYTES;
            if (kept != from) {
                MemorySegment.copy(staging, from, staging, kept, PAGE_BYTES);
            }
            data.add(firstPage + i, 1, region);
        }
    }

    private boolean isZero(long offset) {
        return MemorySegment.mismatch(staging, offset, offset + PAGE_BYTES, ZERO_PAGE, 0, PAGE_BYTES) < 0;
    }

    private void addZeroRun(long firstPage, long count) throws IOException, InterruptedException {
        int region = ram.regionOf(firstPage);
        if (!zeros.fits(firstPage, count, region)) {
            flushZeros();
        }
        zeros.add(firstPage, count, region);
    }

    private void flushZeros() throws IOException, InterruptedException {
        if (zeros.size() == 0) {
            return;
        }
        ByteBuf frame = FrameHeader.begin(allocator, PREFIX_BYTES + zeros.size() * Limits.RUN_BYTES);
        prefix(frame, PageKind.ZERO, zeros);
        long pages = zeros.pages();
        zeros.clear();
        send(frame, PageKind.ZERO, pages);
    }

    private void flushData() throws IOException, InterruptedException {
        if (data.size() == 0) {
            return;
        }
        int rawBytes = (int) data.pages() * PAGE_BYTES;
        int room = Math.max(compressor.maxCompressedLength(rawBytes), rawBytes);
        ByteBuf frame = FrameHeader.begin(allocator, PREFIX_BYTES + data.size() * Limits.RUN_BYTES + room);
        prefix(frame, PageKind.RAW, data);
        PageKind kind = PageKind.RAW;
        int compressed = compress(frame, rawBytes);
        if (compressed > 0) {
            kind = PageKind.LZ4;
            frame.setByte(FrameHeader.BYTES + 8, kind.code());
            frame.writerIndex(frame.writerIndex() + compressed);
        } else {
            frame.writeBytes(stagingBytes.slice(0, rawBytes));
        }
        long pages = data.pages();
        data.clear();
        send(frame, kind, pages);
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

    private void prefix(ByteBuf frame, PageKind kind, RunList runs) {
        frame.writeInt(round)
                .writeInt(frames)
                .writeByte(kind.code())
                .writeByte(0)
                .writeShort(runs.size());
        for (int i = 0; i < runs.size(); i++) {
            frame.writeLong(runs.firstPage(i)).writeInt((int) runs.count(i));
        }
    }

    private void send(ByteBuf frame, PageKind kind, long pages) throws IOException, InterruptedException {
        frames++;
        sink.send(FrameHeader.finish(frame, FrameType.PAGES), kind, pages);
    }

    @Override
    public void close() {
        arena.close();
    }
}
