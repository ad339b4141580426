package io.godwit.migration.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// What stands before every payload, on every connection, in network byte order.
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-----------------------------+-------------------------------+
/// |O|            type             |     reserved, must be zero    |
/// +-+-----------------------------+-------------------------------+
/// |                         payload length                        |
/// +---------------------------------------------------------------+
/// |            CRC32C of the eight bytes above and payload         |
/// +---------------------------------------------------------------+
/// |                            payload                           ...
/// ```
///
/// O: a receiver that does not know the type skips the frame; without it the connection fails.
///
/// @param type           null for an unknown optional frame, which is to be skipped
/// @param payloadBytes   already checked against the type's limit
public record FrameHeader(@Nullable FrameType type, int code, int payloadBytes, int crc) {
    public static final int BYTES = 12;

    /// Reads a header. Nothing has been allocated for the payload when this fails.
    public static FrameHeader read(ByteBuf in) throws ProtocolException {
        int code = in.readUnsignedShort();
        int reserved = in.readUnsignedShort();
        long length = in.readUnsignedInt();
        int crc = in.readInt();
        if (reserved != 0) {
            throw new ProtocolException("The peer set reserved bits of a frame header: " + reserved);
        }
        if ((code & FrameType.OPTIONAL_BIT) != 0) {
            if (length > Limits.PAYLOAD_BYTES_MAX) {
                throw new ProtocolException("A frame is larger than allowed: type " + code + ", " + length + " bytes");
            }
            return new FrameHeader(null, code, (int) length, crc);
        }
        FrameType type = FrameType.of(code);
        if (length > type.payloadBytesMax()) {
            throw new ProtocolException("A frame is larger than allowed: " + type + ", " + length + " bytes");
        }
        return new FrameHeader(type, code, (int) length, crc);
    }

    /// A buffer with room for a header and `payloadBytesMax` bytes, positioned behind the header.
    public static ByteBuf begin(ByteBufAllocator allocator, int payloadBytesMax) {
        return allocator
                .directBuffer(BYTES + payloadBytesMax, BYTES + payloadBytesMax)
                .writeZero(BYTES);
    }

    /// Writes the header over the room [#begin] left, once the payload is complete.
    public static ByteBuf finish(ByteBuf frame, FrameType type) {
        int payloadBytes = frame.readableBytes() - BYTES;
        if (payloadBytes > type.payloadBytesMax()) {
            throw new IllegalArgumentException(
                    "A frame would be larger than allowed: " + type + ", " + payloadBytes + " bytes");
        }
        int at = frame.readerIndex();
        frame.setShort(at, type.code());
        frame.setShort(at + 2, 0);
        frame.setInt(at + 4, payloadBytes);
        frame.setInt(at + 8, checksum(type.code(), frame, at + BYTES, payloadBytes));
        return frame;
    }

    /// @throws ProtocolException if the payload is not the one that was sent
    public void verify(ByteBuf payload) throws ProtocolException {
        if (checksum(code, payload, payload.readerIndex(), payloadBytes) != crc) {
            throw new ProtocolException(
                    "A frame was damaged on the way: type " + code + ", " + payloadBytes + " bytes");
        }
    }

    private static int checksum(int code, ByteBuf payload, int index, int bytes) {
        CRC32C crc = new CRC32C();
        crc.update(code >>> 8);
        crc.update(code);
        crc.update(0);
        crc.update(0);
        for (int shift = 24; shift >= 0; shift -= 8) {
            crc.update(bytes >>> shift);
        }
        if (bytes > 0) {
            crc.update(payload.nioBuffer(index, bytes));
        }
        return (int) crc.getValue();
    }
}
