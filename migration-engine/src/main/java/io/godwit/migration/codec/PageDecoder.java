package io.godwit.migration.codec;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message.RoundEnd;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.netty.buffer.ByteBuf;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.jspecify.annotations.Nullable;

/// Writes the pages of one data connection into the target's RAM.
///
/// A frame is checked as a whole before its first byte is written. Closing waits for a frame being applied, and
/// afterwards nothing is written any more: then the RAM may be unmapped.
public final class PageDecoder implements AutoCloseable {
    private static final int PAGE_BYTES = GuestMemory.PAGE_BYTES;

    private final IncomingRam incoming;
    private final int connection;
    private final int connections;
    private final RoundBarrier barrier;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment staging = arena.allocate(Limits.FRAME_RAW_BYTES_MAX, Long.BYTES);
    private final MemorySegment bases = arena.allocate(Limits.FRAME_RAW_BYTES_MAX, Long.BYTES);
    private final LZ4SafeDecompressor decompressor =
            LZ4Factory.fastestInstance().safeDecompressor();
    private final RunList runs = new RunList(Limits.ZERO_RUNS_MAX);
    private final CRC32C crc = new CRC32C();
    private @Nullable ZstdDecompressCtx zstd;
    private int round;
    private int frames;
    private boolean closed;

    public PageDecoder(IncomingRam incoming, int connection, int connections, RoundBarrier barrier) {
        this.incoming = incoming;
        this.connection = connection;
        this.connections = connections;
        this.barrier = barrier;
    }

    /// Applies the payload of a pages frame; [PageEncoder] shows its layout. Does nothing once closed.
    ///
    /// @return the number of pages it told
    public synchronized long apply(ByteBuf in) throws ProtocolException, HypervisorException {
        if (closed) {
            return 0;
        }
        if (in.readableBytes() < FrameWriter.PREFIX_BYTES) {
            throw new ProtocolException("A pages frame is cut off");
        }
        checkOrder(in.readInt(), in.readInt());
        PageKind kind = PageKind.of(in.readUnsignedByte());
        if (in.readUnsignedByte() != 0) {
            throw new ProtocolException("The peer set reserved bits of a pages frame");
        }
        readRuns(in, in.readUnsignedShort(), kind);
        switch (kind) {
            case ZERO -> applyZeros(in);
            case RAW -> applyRaw(in);
            case LZ4, ZSTD -> applyCompressed(in, kind);
            case DELTA -> applyDelta(in);
        }
        frames++;
        return runs.pages();
    }

    /// @return true if the round is done on all connections
    public synchronized boolean endRound(RoundEnd end) throws ProtocolException {
        if (closed) {
            return false;
        }
        if (end.round() != round || end.frames() != frames) {
            throw new ProtocolException("A round ended that is not complete: round " + end.round() + " with "
                    + end.frames() + " frames, received round " + round + " with " + frames);
        }
        round++;
        frames = 0;
        return barrier.end(connection, end.round());
    }

    /// Round 0 tells the pages nobody ever touched, for all blocks on the first connection. Everything else
    /// waits for its end, or it could overtake what comes later on another connection.
    private void checkOrder(int frameRound, int frame) throws ProtocolException {
        if (frameRound != round || frame != frames) {
            throw new ProtocolException("Pages came out of order: round " + frameRound + " frame " + frame
                    + ", expected round " + round + " frame " + frames);
        }
        boolean early = round == 0 ? connection != 0 : barrier.done() < 0;
        if (early) {
            throw new ProtocolException(
                    "Pages came before the untouched ones were told: round " + round + " on connection " + connection);
        }
    }

    private void readRuns(ByteBuf in, int count, PageKind kind) throws ProtocolException {
        int countMax = kind == PageKind.ZERO ? Limits.ZERO_RUNS_MAX : Limits.FRAME_PAGES_MAX;
        if (count < 1 || count > countMax || in.readableBytes() < count * Limits.RUN_BYTES) {
            throw new ProtocolException("A pages frame has a number of runs that it cannot have: " + count);
        }
        if (round == 0 && kind != PageKind.ZERO) {
            throw new ProtocolException("Pages with content came in the round of untouched ones");
        }
        runs.clear();
        long next = 0;
        for (int i = 0; i < count; i++) {
            long firstPage = in.readLong();
            long pages = in.readUnsignedInt();
            incoming.ram().checkRun(firstPage, pages);
            if (firstPage < next) {
                throw new ProtocolException("Runs of pages overlap or go backwards at page " + firstPage);
            }
            checkOwnBlock(firstPage, pages);
            next = firstPage + pages;
            // Each run keeps its own entry, as a region of its own, for content stands run by run.
            runs.add(firstPage, pages, i);
        }
        if (kind != PageKind.ZERO && runs.pages() > Limits.FRAME_PAGES_MAX) {
            throw new ProtocolException("A pages frame has too many pages: " + runs.pages());
        }
    }

    private void checkOwnBlock(long firstPage, long pages) throws ProtocolException {
        if (round == 0 || connections == 1) {
            return;
        }
        long block = firstPage / Limits.BLOCK_PAGES;
        if ((firstPage + pages - 1) / Limits.BLOCK_PAGES != block || block % connections != connection) {
            throw new ProtocolException("Pages came on a connection that is not theirs: " + pages + " from page "
                    + firstPage + " on connection " + connection);
        }
    }

    private void applyZeros(ByteBuf in) throws ProtocolException, HypervisorException {
        if (in.isReadable()) {
            throw new ProtocolException("A frame of zero pages has content");
        }
        for (int i = 0; i < runs.size(); i++) {
            incoming.zero(runs.firstPage(i), runs.count(i));
        }
    }

    private void applyRaw(ByteBuf in) throws ProtocolException {
        if (in.readableBytes() != runs.pages() * PAGE_BYTES) {
            throw new ProtocolException(
                    "Content does not fit its pages: " + in.readableBytes() + " bytes for " + runs.pages() + " pages");
        }
        MemorySegment content = MemorySegment.ofBuffer(in.nioBuffer());
        scatter(content);
    }

    private void applyCompressed(ByteBuf in, PageKind kind) throws ProtocolException {
        int rawBytes = compressedRawBytes(in);
        ByteBuffer block = in.nioBuffer();
        if (runs.size() == 1) {
            MemorySegment live = incoming.forWriting(runs.firstPage(0), runs.count(0));
            decompress(kind, block, live.asByteBuffer(), rawBytes);
        } else {
            decompress(kind, block, staging.asByteBuffer(), rawBytes);
            scatter(staging);
        }
    }

    /// How large the content of all pages is, if the rest of the frame can be a block of it.
    private int compressedRawBytes(ByteBuf in) throws ProtocolException {
        int rawBytes = (int) runs.pages() * PAGE_BYTES;
        if (!in.isReadable() || in.readableBytes() > rawBytes) {
            throw new ProtocolException(
                    "Compressed content is empty or larger than its pages: " + in.readableBytes() + " bytes");
        }
        return rawBytes;
    }

    /// The pages here must be what the source takes them for: that is checked before any of them changes.
    private void applyDelta(ByteBuf in) throws ProtocolException {
        if (in.readableBytes() < Integer.BYTES) {
            throw new ProtocolException("A frame of differences is cut off");
        }
        int expected = in.readInt();
        int rawBytes = compressedRawBytes(in);
        decompress(PageKind.LZ4, in.nioBuffer(), staging.asByteBuffer(), rawBytes);
        long to = 0;
        for (int i = 0; i < runs.size(); i++) {
            incoming.read(runs.firstPage(i), runs.count(i), bases, to);
            to += runs.count(i) * PAGE_BYTES;
        }
        crc.reset();
        crc.update(bases.asByteBuffer().limit(rawBytes));
        if ((int) crc.getValue() != expected) {
            throw new ProtocolException("Pages are not here what the source sent before: differences to " + runs.pages()
                    + " pages from page " + runs.firstPage(0) + " cannot be applied");
        }
        PageXor.apply(bases, staging, rawBytes);
        scatter(staging);
    }

    private void decompress(PageKind kind, ByteBuffer block, ByteBuffer into, int rawBytes) throws ProtocolException {
        int written;
        try {
            written = kind == PageKind.ZSTD
                    ? zstd().decompressDirectByteBuffer(into, 0, rawBytes, block, block.position(), block.remaining())
                    : decompressor.decompress(block, block.position(), block.remaining(), into, 0, rawBytes);
        } catch (LZ4Exception | ZstdException e) {
            throw new ProtocolException("Compressed pages cannot be decompressed", e);
        }
        if (written != rawBytes) {
            throw new ProtocolException("Compressed pages are incomplete: " + written + " of " + rawBytes + " bytes");
        }
    }

    private ZstdDecompressCtx zstd() {
        ZstdDecompressCtx context = zstd;
        if (context == null) {
            context = new ZstdDecompressCtx();
            zstd = context;
        }
        return context;
    }

    private void scatter(MemorySegment content) {
        long from = 0;
        for (int i = 0; i < runs.size(); i++) {
            long bytes = runs.count(i) * PAGE_BYTES;
            MemorySegment live = incoming.forWriting(runs.firstPage(i), runs.count(i));
            MemorySegment.copy(content, from, live, 0, bytes);
            from += bytes;
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            arena.close();
            ZstdDecompressCtx context = zstd;
            if (context != null) {
                context.close();
            }
        }
    }
}
