package io.godwit.migration.codec;

import io.godwit.migration.protocol.FrameHeader;
import io.godwit.migration.protocol.FrameType;
import io.godwit.migration.protocol.Limits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;

/// The frames of one data connection: writes what stands before their content, and numbers them.
final class FrameWriter {
    static final int PREFIX_BYTES = 12;
    private static final int KIND_AT = FrameHeader.BYTES + 8;

    private final ByteBufAllocator allocator;
    private final FrameSink sink;
    private int round;
    private int frames;

    FrameWriter(ByteBufAllocator allocator, FrameSink sink) {
        this.allocator = allocator;
        this.sink = sink;
    }

    void beginRound(int number) {
        round = number;
        frames = 0;
    }

    int round() {
        return round;
    }

    /// How many frames this round has so far.
    int frames() {
        return frames;
    }

    /// A frame up to its content, with room for that. Its kind is told when it is sent.
    ByteBuf begin(RunList runs, int contentBytesMax) {
        int room = PREFIX_BYTES + runs.size() * Limits.RUN_BYTES + contentBytesMax;
        ByteBuf frame = FrameHeader.begin(allocator, room);
        frame.writeInt(round).writeInt(frames).writeShort(0).writeShort(runs.size());
        for (int i = 0; i < runs.size(); i++) {
            frame.writeLong(runs.firstPage(i)).writeInt((int) runs.count(i));
        }
        return frame;
    }

    /// Takes over the frame, on success and on failure.
    void send(ByteBuf frame, PageKind kind, long pages) throws IOException, InterruptedException {
        frames++;
        frame.setByte(KIND_AT, kind.code());
        sink.send(FrameHeader.finish(frame, FrameType.PAGES), kind, pages);
    }
}
