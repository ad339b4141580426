package io.godwit.migration.codec;

import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.DeviceState;
import java.nio.ByteBuffer;
import java.util.Arrays;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;

/// A guest's device state as it travels. It is sent while the guest stands still and is mostly zeros and tables, so
/// that compressing it takes less time than sending what it saves.
///
/// ```
/// +---------------------------------------------------------------+
/// |               length of the device state, bytes               |
/// +---------------------------------------------------------------+
/// |  one LZ4 block; the state itself if that is no longer         |
/// ```
public final class PackedDeviceState {
    private static final int LENGTH_BYTES = Limits.PACKED_STATE_LENGTH_BYTES;

    private PackedDeviceState() {}

    public static byte[] pack(DeviceState state) {
        byte[] bytes = state.bytes();
        LZ4Compressor compressor = LZ4Factory.fastestInstance().fastCompressor();
        byte[] packed = new byte[LENGTH_BYTES + compressor.maxCompressedLength(bytes.length)];
        int length = compressor.compress(bytes, 0, bytes.length, packed, LENGTH_BYTES);
        if (length >= bytes.length) {
            length = bytes.length;
            System.arraycopy(bytes, 0, packed, LENGTH_BYTES, length);
        }
        ByteBuffer.wrap(packed).putInt(bytes.length);
        return Arrays.copyOf(packed, LENGTH_BYTES + length);
    }

    /// @throws ProtocolException if it is not what [#pack] makes
    public static DeviceState unpack(byte[] packed) throws ProtocolException {
        int length = packed.length < LENGTH_BYTES ? -1 : ByteBuffer.wrap(packed).getInt();
        int packedLength = packed.length - LENGTH_BYTES;
        if (length < 0 || length > DeviceState.BYTES_MAX || packedLength > length) {
            throw new ProtocolException("The device state has an impossible length: " + length);
        }
        if (packedLength == length) {
            return new DeviceState(Arrays.copyOfRange(packed, LENGTH_BYTES, packed.length));
        }
        // LZ4 expands at most 255-fold: what claims more is refused before memory is allocated for it.
        if (length / 255 > packedLength) {
            throw new ProtocolException("The device state has an impossible length: " + length);
        }
        byte[] bytes = new byte[length];
        try {
            int read = LZ4Factory.fastestInstance()
                    .safeDecompressor()
                    .decompress(packed, LENGTH_BYTES, packedLength, bytes, 0, length);
            if (read != length) {
                throw new ProtocolException("The device state is shorter than it says: " + read + " bytes");
            }
        } catch (LZ4Exception e) {
            throw new ProtocolException("The device state cannot be unpacked", e);
        }
        return new DeviceState(bytes);
    }
}
