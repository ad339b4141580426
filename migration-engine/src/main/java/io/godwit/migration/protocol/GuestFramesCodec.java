package io.godwit.migration.protocol;

import io.godwit.shim.GuestFrame;
import io.godwit.shim.GuestSpec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;

/// Frames for the guest's network cards that reached the source after it was paused, in the order in which they
/// came. Begun after COMPLETE, so that they never delay what the guest needs to run.
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +---------------------------------------------------------------+
/// |                1 if no more follow, else 0                    |
/// +-------------------------------+-------------------------------+
/// |   number of the network card  |              zero             |  once for each frame,
/// +-------------------------------+-------------------------------+  to the end of the payload
/// |                      length of the frame                      |
/// +---------------------------------------------------------------+
/// |  virtio network header (10, little-endian), Ethernet frame   ...
/// +---------------------------------------------------------------+
/// ```
public final class GuestFramesCodec {
    private static final int HEAD_BYTES = 8;

    private GuestFramesCodec() {}

    /// @param last no more follow; receiving it twice is an error
    public record Batch(List<GuestFrame> frames, boolean last) {
        public Batch {
            frames = List.copyOf(frames);
        }
    }

    /// The whole frame, header included. The caller owns it.
    public static ByteBuf encode(ByteBufAllocator allocator, List<GuestFrame> frames, boolean last) {
        int bytes = Integer.BYTES;
        for (GuestFrame frame : frames) {
            bytes += HEAD_BYTES + frame.bytes().length;
        }
        ByteBuf out = FrameHeader.begin(allocator, bytes).writeInt(last ? 1 : 0);
        for (GuestFrame frame : frames) {
            out.writeShort(frame.card())
                    .writeShort(0)
                    .writeInt(frame.bytes().length)
                    .writeBytes(frame.bytes());
        }
        return FrameHeader.finish(out, FrameType.FRAMES);
    }

    /// @param in the payload, already verified; its position afterwards is undefined
    public static Batch decode(ByteBuf in) throws ProtocolException {
        try {
            long last = in.readUnsignedInt();
            check(last <= 1, "an end that is none");
            List<GuestFrame> frames = new ArrayList<>();
            while (in.isReadable()) {
                frames.add(frame(in));
            }
            return new Batch(frames, last == 1);
        } catch (IndexOutOfBoundsException e) {
            throw new ProtocolException("The peer sent a part of a guest's frame", e);
        }
    }

    private static GuestFrame frame(ByteBuf in) throws ProtocolException {
        int card = in.readUnsignedShort();
        check(card < GuestSpec.NICS_MAX, "a network card that cannot be");
        check(in.readUnsignedShort() == 0, "reserved bits");
        long length = in.readUnsignedInt();
        check(length >= GuestFrame.BYTES_MIN && length <= GuestFrame.BYTES_MAX, "the size " + length);
        check(length <= in.readableBytes(), "a part of itself");
        byte[] bytes = new byte[(int) length];
        in.readBytes(bytes);
        return new GuestFrame(card, bytes);
    }

    private static void check(boolean ok, String what) throws ProtocolException {
        if (!ok) {
            throw new ProtocolException("The peer sent a guest's frame with " + what);
        }
    }
}
