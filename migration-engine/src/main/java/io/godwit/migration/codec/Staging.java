package io.godwit.migration.codec;

import io.godwit.migration.protocol.Limits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// Where a batch is copied to out of live memory. There is room for a frame's beginning in front of it, so that a
/// batch that is sent raw is sent from here: its buffer is given away, and another takes its place.
final class Staging implements AutoCloseable {
    /// Where content begins: behind the longest beginning a frame with content can have.
    static final int CONTENT_AT = FrameWriter.headBytes(Limits.FRAME_PAGES_MAX);

    private final ByteBufAllocator allocator;
    private ByteBuf buffer;
    private ByteBuffer bytes;
    private MemorySegment segment;

    Staging(ByteBufAllocator allocator) {
        this.allocator = allocator;
        this.buffer = allocate(allocator);
        this.bytes = buffer.nioBuffer(CONTENT_AT, Limits.FRAME_RAW_BYTES_MAX);
        this.segment = MemorySegment.ofBuffer(bytes);
    }

    private static ByteBuf allocate(ByteBufAllocator allocator) {
        int bytes = CONTENT_AT + Limits.FRAME_RAW_BYTES_MAX;
        return allocator.directBuffer(bytes, bytes);
    }

    MemorySegment segment() {
        return segment;
    }

    /// The same memory; position 0 is the content's first byte.
    ByteBuffer bytes() {
        return bytes;
    }

    /// Hands out the buffer with the batch in it. What is staged afterwards goes elsewhere.
    ByteBuf give() {
        ByteBuf next = allocate(allocator);
        ByteBuf given = buffer;
        buffer = next;
        bytes = next.nioBuffer(CONTENT_AT, Limits.FRAME_RAW_BYTES_MAX);
        segment = MemorySegment.ofBuffer(bytes);
        return given;
    }

    @Override
    public void close() {
        buffer.release();
    }
}
