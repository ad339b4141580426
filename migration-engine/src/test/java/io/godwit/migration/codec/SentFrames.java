package io.godwit.migration.codec;

import io.godwit.migration.protocol.FrameHeader;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.HypervisorException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;

/// Payloads as they would arrive, with what they told.
final class SentFrames implements FrameSink {
    final List<byte[]> payloads = new ArrayList<>();
    final List<PageKind> kinds = new ArrayList<>();
    long bytes;
    long pages;

    @Override
    public void send(ByteBuf frame, PageKind kind, long count) {
        byte[] payload = new byte[frame.readableBytes() - FrameHeader.BYTES];
        frame.getBytes(frame.readerIndex() + FrameHeader.BYTES, payload);
        frame.release();
        payloads.add(payload);
        kinds.add(kind);
        bytes += payload.length;
        pages += count;
    }

    static CodecControl lz4() {
        return new CodecControl(List.of(Codec.LZ4), 1, () -> 0);
    }

    void clear() {
        payloads.clear();
        kinds.clear();
        bytes = 0;
        pages = 0;
    }

    static void apply(PageDecoder decoder, byte[] payload) throws ProtocolException, HypervisorException {
        ByteBuf in = Unpooled.directBuffer(Math.max(1, payload.length)).writeBytes(payload);
        try {
            decoder.apply(in);
        } finally {
            in.release();
        }
    }
}
