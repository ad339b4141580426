package io.godwit.migration.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.List;

/// Sends every message of the switchover to itself once, so that no guest stands still while classes are loaded.
public final class Rehearsal {
    private static final int PART_BYTES = 4096;

    private Rehearsal() {}

    /// @throws ProtocolException never, unless this build cannot read what it writes
    public static void run(ByteBufAllocator allocator) throws ProtocolException {
        List<Message> messages = List.of(
                new Message.DeviceStatePart(PART_BYTES, 0, new byte[PART_BYTES]),
                new Message.Digests(0, new long[1]),
                new Message.Complete(1, PART_BYTES, false),
                new Message.Running(1, 0, 0, 0, ""),
                new Message.RoundDone(1),
                new Message.RoundEnd(1, 1),
                new Message.Abort("rehearsal"),
                new Message.Heartbeat());
        for (Message message : messages) {
            ByteBuf frame = MessageCodec.encode(allocator, message);
            try {
                FrameHeader header = FrameHeader.read(frame);
                header.verify(frame);
                MessageCodec.decode(message.type(), frame);
            } finally {
                frame.release();
            }
        }
    }
}
