package io.godwit.migration.transport;

import io.godwit.migration.protocol.FrameHeader;
import io.godwit.migration.protocol.FrameType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/// Cuts a stream of bytes into frames. A payload's buffer is allocated once its length is known to be allowed,
/// in its final size, and passed on once its checksum is right.
final class FrameDecoder extends ChannelInboundHandlerAdapter {
    private final ByteBuf headerBytes = Unpooled.buffer(FrameHeader.BYTES, FrameHeader.BYTES);
    private @Nullable FrameHeader header;
    private @Nullable ByteBuf payload;
    private boolean failed;

    /// @param payload released by the receiver
    record Frame(FrameType type, ByteBuf payload) {}

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        ByteBuf in = (ByteBuf) message;
        try {
            while (in.isReadable() && !failed) {
                take(ctx, in);
            }
        } catch (Exception e) {
            // What follows a broken frame has no meaning.
            failed = true;
            throw e;
        } finally {
            ReferenceCountUtil.release(in);
        }
    }

    private void take(ChannelHandlerContext ctx, ByteBuf in) throws Exception {
        FrameHeader current = header;
        if (current == null) {
            in.readBytes(headerBytes, Math.min(headerBytes.writableBytes(), in.readableBytes()));
            if (headerBytes.isWritable()) {
                return;
            }
            current = FrameHeader.read(headerBytes);
            headerBytes.clear();
            header = current;
            payload = ctx.alloc().directBuffer(current.payloadBytes(), Math.max(1, current.payloadBytes()));
        }
        ByteBuf into = payload;
        if (into == null) {
            throw new IllegalStateException("A header without a buffer for its payload");
        }
        int missing = current.payloadBytes() - into.readableBytes();
        in.readBytes(into, Math.min(missing, in.readableBytes()));
        if (into.readableBytes() == current.payloadBytes()) {
            header = null;
            payload = null;
            pass(ctx, current, into);
        }
    }

    private static void pass(ChannelHandlerContext ctx, FrameHeader header, ByteBuf payload) throws Exception {
        boolean passed = false;
        try {
            header.verify(payload);
            if (header.type() != null) {
                passed = true;
                ctx.fireChannelRead(new Frame(header.type(), payload));
            }
        } finally {
            if (!passed) {
                payload.release();
            }
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        failed = true;
        ReferenceCountUtil.release(payload);
        payload = null;
    }
}
