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
    private static final int RUNS_AT = KIND_AT + 2;

    private final ByteBufAllocator allocator;
    private final FrameSink sink;
    private final CodecControl control;
    private int round;
    private int frames;

    FrameWriter(ByteBufAllocator allocator, FrameSink sink, CodecControl control) {
        this.allocator = allocator;
        this.sink = sink;
        this.control = control;
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
        int head = headBytes(runs.size());
        ByteBuf frame = allocator.directBuffer(head + contentBytesMax, head + contentBytesMax);
        writeHead(frame, 0, runs);
        return frame.writerIndex(head);
    }

    /// A frame whose content stands in its buffer already, behind room for what comes before it.
    ///
    /// @param contentAt at least [#headBytes] of these runs
    void beginBefore(ByteBuf frame, int contentAt, int contentBytes, RunList runs) {
        int at = contentAt - headBytes(runs.size());
        frame.setIndex(at, contentAt + contentBytes);
        writeHead(frame, at, runs);
    }

    static int headBytes(int runs) {
        return FrameHeader.BYTES + PREFIX_BYTES + runs * Limits.RUN_BYTES;
    }

    private void writeHead(ByteBuf frame, int at, RunList runs) {
        frame.setZero(at, FrameHeader.BYTES);
        frame.setInt(at + FrameHeader.BYTES, round);
        frame.setInt(at + FrameHeader.BYTES + Integer.BYTES, frames);
        frame.setShort(at + KIND_AT, 0);
        frame.setShort(at + RUNS_AT, runs.size());
        int next = at + FrameHeader.BYTES + PREFIX_BYTES;
        for (int i = 0; i < runs.size(); i++) {
            frame.setLong(next, runs.firstPage(i));
            frame.setInt(next + Long.BYTES, (int) runs.count(i));
            next += Limits.RUN_BYTES;
        }
    }

    /// Takes over the frame, on success and on failure.
    ///
    /// @param busyNanos how long it took to make it
    void send(ByteBuf frame, PageKind kind, long pages, long busyNanos) throws IOException, InterruptedException {
        frames++;
        frame.setByte(frame.readerIndex() + KIND_AT, kind.code());
        int bytes = frame.readableBytes();
        ByteBuf finished = FrameHeader.finish(frame, FrameType.PAGES);
        long started = System.nanoTime();
        sink.send(finished, kind, pages);
        control.sent(bytes, busyNanos, System.nanoTime() - started);
    }
}
