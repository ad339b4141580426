package io.godwit.migration.postcopy;

import io.godwit.migration.codec.Lz4Block;
import io.godwit.migration.protocol.FrameHeader;
import io.godwit.migration.protocol.FrameType;
import io.godwit.migration.protocol.Limits;
import io.godwit.shim.GuestMemory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// Turns consecutive pages of a guest that does not run into one frame. Not safe for use by several threads
/// at once.
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +---------------+-----------------------------------------------+
/// | 1 raw 2 LZ4 3 zero |                  zero                    |
/// +---------------+-----------------------------------------------+
/// |                        number of pages                        |
/// +---------------------------------------------------------------+
/// |                          first page                           |
/// |                                                               |
/// +---------------------------------------------------------------+
/// |  raw: the pages; LZ4: one block of all of them; zero: nothing ...
/// ```
///
/// The pages lie in one region.
final class LateEncoder implements AutoCloseable {
    static final int RAW = 1;
    static final int LZ4 = 2;
    static final int ZERO = 3;

    private static final int PAGE_BYTES = GuestMemory.PAGE_BYTES;
    private static final MemorySegment ZEROS =
            MemorySegment.ofArray(new byte[Limits.FRAME_RAW_BYTES_MAX]).asReadOnly();

    private final GuestMemory memory;
    private final ByteBufAllocator allocator;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment staging = arena.allocate(Limits.FRAME_RAW_BYTES_MAX, Long.BYTES);
    private final ByteBuffer stagingBytes = staging.asByteBuffer();
    private final Lz4Block block = new Lz4Block();

    LateEncoder(GuestMemory memory, ByteBufAllocator allocator) {
        this.memory = memory;
        this.allocator = allocator;
    }

    /// Tells that pages read as zero, without looking at them: reading a hole of a shared file fills it.
    ByteBuf encodeZeros(long firstPage, int pages) {
        ByteBuf frame = FrameHeader.begin(allocator, Limits.LATE_PREFIX_BYTES)
                .writeInt(ZERO << 24)
                .writeInt(pages)
                .writeLong(firstPage);
        return finish(frame, ZERO);
    }

    /// @param pages at most [Limits#FRAME_PAGES_MAX], in one region
    ByteBuf encode(long firstPage, int pages) {
        int bytes = pages * PAGE_BYTES;
        // The copy comes first, as always: a process that maps the same memory could still write to it.
        MemorySegment.copy(memory.pages(firstPage, pages), 0, staging, 0, bytes);
        ByteBuf frame = FrameHeader.begin(allocator, Limits.LATE_PREFIX_BYTES + block.bytesMax(bytes))
                .writeInt(RAW << 24)
                .writeInt(pages)
                .writeLong(firstPage);
        if (MemorySegment.mismatch(staging, 0, bytes, ZEROS, 0, bytes) < 0) {
            return finish(frame, ZERO);
        }
        ByteBuffer room = frame.nioBuffer(frame.writerIndex(), frame.writableBytes());
        int compressed = block.compress(stagingBytes, bytes, room);
        if (compressed < bytes - bytes / 8) {
            return finish(frame.writerIndex(frame.writerIndex() + compressed), LZ4);
        }
        return finish(frame.writeBytes(stagingBytes.slice(0, bytes)), RAW);
    }

    private static ByteBuf finish(ByteBuf frame, int kind) {
        frame.setByte(FrameHeader.BYTES, kind);
        return FrameHeader.finish(frame, FrameType.LATE_PAGES);
    }

    @Override
    public void close() {
        arena.close();
    }
}
