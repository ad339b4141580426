package io.godwit.migration.transport;

import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message.Heartbeat;
import io.godwit.migration.transport.FrameDecoder.Frame;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Passes what happens on a channel to its [Receiver], and turns every failure into one reason.
final class LinkHandler extends ChannelInboundHandlerAdapter {
    static final String NAME = "link";
    private static final Logger log = LoggerFactory.getLogger(LinkHandler.class);

    private final Link link;
    private final Receiver receiver;
    private String reason = "The connection was closed by the other host";
    private boolean lost;

    LinkHandler(Link link, Receiver receiver) {
        this.link = link;
        this.receiver = receiver;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        Frame frame = (Frame) message;
        try {
            if (!lost) {
                receiver.received(link, frame.type(), frame.payload());
            }
        } finally {
            frame.payload().release();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof IdleStateEvent idle) {
            if (idle.state() == IdleState.WRITER_IDLE) {
                link.send(new Heartbeat());
            } else if (idle.state() == IdleState.READER_IDLE) {
                lose(ctx, "The other host was silent for " + Limits.SILENCE_MS + " ms");
            }
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        receiver.writabilityChanged(link);
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        lose(ctx, reason);
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        lose(ctx, describe(cause));
    }

    private void lose(ChannelHandlerContext ctx, String why) {
        if (!lost) {
            lost = true;
            reason = why;
            log.debug("Connection with {} is lost: {}", link.peerAddress(), why);
            receiver.lost(link, why);
        }
        var _ = ctx.close();
    }

    static String describe(Throwable cause) {
        Throwable root = cause;
        for (Throwable t = cause; t != null; t = t.getCause()) {
            root = t;
        }
        String message = root.getMessage() == null ? root.toString() : root.getMessage();
        for (Throwable t = cause; t != null; t = t.getCause()) {
            if (t instanceof SSLException) {
                return "The certificates or the TLS settings of the two hosts do not fit: " + message;
            }
        }
        return message;
    }
}
