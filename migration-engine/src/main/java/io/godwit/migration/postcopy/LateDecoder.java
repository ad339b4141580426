package io.godwit.migration.postcopy;

import io.godwit.migration.codec.Lz4Block;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.GuestMemory.Region;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Reads what [LateEncoder] writes. A frame is checked as a whole before any of its pages is placed. Not safe
/// for use by several threads at once, but closing waits for a frame that is being read.
final class LateDecoder implements AutoCloseable {
    private static final int PAGE_BYTES = GuestMemory.PAGE_BYTES;

    private final List<Region> regions;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment staging = arena.allocate(Limits.FRAME_RAW_BYTES_MAX, Long.BYTES);
    private final Lz4Block block = new Lz4Block();
    private boolean closed;

    LateDecoder(List<Region> regions) {
        this.regions = List.copyOf(regions);
    }

    /// Takes the pages of a frame.
    interface Sink {
        /// @param content whole pages, good until this returns
        void content(long firstPage, MemorySegment content) throws IOException;

        void zeros(long firstPage, long pages) throws IOException;
    }

    /// Does nothing once closed.
    synchronized void decode(ByteBuf in, Sink sink) throws IOException {
        if (closed) {
            return;
        }
        if (in.readableBytes() < Limits.LATE_PREFIX_BYTES) {
            throw new ProtocolException("A frame of late pages is cut off");
        }
        int kind = in.readUnsignedByte();
        if (in.readUnsignedMedium() != 0) {
            throw new ProtocolException("The source set reserved bits of a frame of late pages");
        }
        int pages = in.readInt();
        long firstPage = in.readLong();
        if (pages < 1 || pages > Limits.FRAME_PAGES_MAX || !inOneRegion(firstPage, pages)) {
            throw new ProtocolException("Late pages lie outside the guest's RAM or across the end of a region: " + pages
                    + " from page " + firstPage);
        }
        switch (kind) {
            case LateEncoder.RAW -> sink.content(firstPage, raw(in, pages));
            case LateEncoder.LZ4 -> sink.content(firstPage, decompressed(in, pages));
            case LateEncoder.ZERO -> {
                if (in.isReadable()) {
                    throw new ProtocolException("A frame of late pages of zeros has content");
                }
                sink.zeros(firstPage, pages);
            }
            default -> throw new ProtocolException("Late pages of an unknown kind: " + kind);
        }
    }

    private static MemorySegment raw(ByteBuf in, int pages) throws ProtocolException {
        if (in.readableBytes() != pages * PAGE_BYTES) {
            throw new ProtocolException(
                    "Content does not fit its pages: " + in.readableBytes() + " bytes for " + pages + " pages");
        }
        return MemorySegment.ofBuffer(in.nioBuffer());
    }

    private MemorySegment decompressed(ByteBuf in, int pages) throws ProtocolException {
        int bytes = pages * PAGE_BYTES;
        if (!in.isReadable() || in.readableBytes() > bytes) {
            throw new ProtocolException(
                    "Compressed content is empty or larger than its pages: " + in.readableBytes() + " bytes");
        }
        block.decompress(in.nioBuffer(), staging.asByteBuffer(), bytes);
        return staging.asSlice(0, bytes);
    }

    private boolean inOneRegion(long firstPage, long pages) {
        return regions.stream()
                .anyMatch(region -> firstPage >= region.firstPage()
                        && firstPage < region.firstPage() + region.pageCount()
                        && pages <= region.firstPage() + region.pageCount() - firstPage);
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            arena.close();
        }
    }
}
