package io.godwit.migration.codec;

import com.github.luben.zstd.ZstdCompressCtx;
import io.godwit.shim.GuestMemory;
import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import org.jspecify.annotations.Nullable;

/// Compresses the batches of one encoder. Content is judged batch by batch: behind one that did not compress, only
/// two of a batch's pages are tried before the whole. Not safe for use by several threads at once.
final class BatchCompressor implements AutoCloseable {
    private static final int SAMPLE_BYTES = GuestMemory.PAGE_BYTES;

    /// Compression pays if it saves this part.
    private static final int SAVED_PART_MIN = 8;

    private final CodecControl control;
    private final LZ4Compressor lz4 = LZ4Factory.fastestInstance().fastCompressor();
    private final ByteBuffer sampleRoom = ByteBuffer.allocateDirect(lz4.maxCompressedLength(SAMPLE_BYTES));
    private @Nullable ZstdCompressCtx zstd;
    private int zstdLevel;
    private long batches;
    private boolean incompressible;

    BatchCompressor(CodecControl control) {
        this.control = control;
    }

    /// The room a compressed batch may need, with any codec.
    static int roomBytes(int rawBytes) {
        return rawBytes + rawBytes / 255 + 128;
    }

    /// Which codec to try on a batch; RAW if there is no use in trying.
    Codec choose(ByteBuffer content, int rawBytes) {
        Codec codec = control.codecFor(batches++);
        if (codec == Codec.RAW || (incompressible && !sampleCompresses(content, rawBytes))) {
            return Codec.RAW;
        }
        return codec;
    }

    /// @return the compressed size, or 0 if it saves too little
    int compress(Codec codec, ByteBuffer content, int rawBytes, ByteBuffer room) {
        long started = System.nanoTime();
        int size = switch (codec) {
            case RAW -> rawBytes;
            case LZ4 -> lz4.compress(content, 0, rawBytes, room, room.position(), room.remaining());
            case ZSTD_1, ZSTD_3 ->
                zstd(codec.level())
                        .compressDirectByteBuffer(room, room.position(), room.remaining(), content, 0, rawBytes);
        };
        incompressible = !pays(size, rawBytes);
        if (incompressible) {
            return 0;
        }
        control.encoded(codec, rawBytes, size, System.nanoTime() - started);
        return size;
    }

    /// Two pages say enough about a batch of neighbours; if they err, it is a batch that travels raw.
    private boolean sampleCompresses(ByteBuffer content, int rawBytes) {
        int first = lz4.compress(content, 0, SAMPLE_BYTES, sampleRoom, 0, sampleRoom.capacity());
        int at = rawBytes / 2 / SAMPLE_BYTES * SAMPLE_BYTES;
        int second = lz4.compress(content, at, SAMPLE_BYTES, sampleRoom, 0, sampleRoom.capacity());
        return pays(first, SAMPLE_BYTES) || pays(second, SAMPLE_BYTES);
    }

    private static boolean pays(int size, int rawBytes) {
        return size <= rawBytes - rawBytes / SAVED_PART_MIN;
    }

    private ZstdCompressCtx zstd(int level) {
        ZstdCompressCtx context = zstd;
        if (context == null) {
            context = new ZstdCompressCtx();
            zstd = context;
        }
        if (zstdLevel != level) {
            var _ = context.setLevel(level);
            zstdLevel = level;
        }
        return context;
    }

    @Override
    public void close() {
        ZstdCompressCtx context = zstd;
        if (context != null) {
            context.close();
        }
    }
}
