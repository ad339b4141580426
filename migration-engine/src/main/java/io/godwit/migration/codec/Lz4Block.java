package io.godwit.migration.codec;

import io.godwit.migration.protocol.ProtocolException;
import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/// One LZ4 block of pages of a guest that does not run. Not safe for use by several threads at once.
public final class Lz4Block {
    private final LZ4Compressor compressor = LZ4Factory.fastestInstance().fastCompressor();
    private final LZ4SafeDecompressor decompressor =
            LZ4Factory.fastestInstance().safeDecompressor();

    /// The room that [#compress] needs for so many bytes, whatever they are.
    public int bytesMax(int bytes) {
        return compressor.maxCompressedLength(bytes);
    }

    /// @param from the bytes from its beginning; nobody writes to them meanwhile
    /// @param into room enough, from its beginning
    /// @return how long the block is
    public int compress(ByteBuffer from, int bytes, ByteBuffer into) {
        return compressor.compress(from, 0, bytes, into, 0, into.remaining());
    }

    /// @param block all that remains of it
    /// @param into  gets the bytes, from its beginning
    /// @throws ProtocolException if the block does not yield exactly so many bytes; `into` may hold anything then
    public void decompress(ByteBuffer block, ByteBuffer into, int bytes) throws ProtocolException {
        try {
            int written = decompressor.decompress(block, block.position(), block.remaining(), into, 0, bytes);
            if (written != bytes) {
                throw new ProtocolException("Compressed pages are incomplete: " + written + " of " + bytes + " bytes");
            }
        } catch (LZ4Exception e) {
            throw new ProtocolException("Compressed pages cannot be decompressed", e);
        }
    }
}
