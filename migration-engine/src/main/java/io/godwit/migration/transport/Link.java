package io.godwit.migration.transport;

import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message;
import io.godwit.migration.protocol.MessageCodec;
import io.godwit.shim.ConnectionFigures;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.handler.timeout.IdleStateHandler;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// One connection, greeted or not. Safe for use by several threads; what one thread sends arrives in order.
public final class Link {
    private final Channel channel;
    private final SocketPacing pacing;

    Link(Channel channel, ConnectionFigures figures) {
        this.channel = channel;
        this.pacing = new SocketPacing(channel, figures);
    }

    public ByteBufAllocator allocator() {
        return channel.alloc();
    }

    /// Sends a message; whether it arrives is not known.
    public void send(Message message) {
        send(MessageCodec.encode(channel.alloc(), message));
    }

    /// Sends a whole frame, which is taken over.
    public void send(ByteBuf frame) {
        // A failed write closes the channel, and the receiver hears of that.
        var _ = channel.writeAndFlush(frame, channel.voidPromise());
    }

    /// Whether the connection keeps up with what is sent.
    public boolean writable() {
        return channel.isWritable();
    }

    public boolean open() {
        return channel.isOpen();
    }

    /// Has the kernel asked how the connection does; the next three know it soon after.
    ///
    /// @param answered run once they do, or once it is clear that they will not
    public void askFigures(Runnable answered) {
        pacing.ask(answered);
    }

    /// How long packets take there and back, as the kernel said when it was asked last, smoothed; 0 if it is not
    /// known.
    public long roundTripMicros() {
        return pacing.roundTripMicros();
    }

    /// Bytes that had arrived by then, since the connection was opened.
    public long bytesAcknowledged() {
        return pacing.bytesAcknowledged();
    }

    /// Whether anything handed to the kernel had not arrived by then.
    public boolean underWay() {
        return pacing.underWay();
    }

    /// Has the kernel spread packets over time, so that they do not leave faster than this.
    ///
    /// @param bytesPerSecond 0 for no limit
    public void paceAt(long bytesPerSecond) {
        pacing.paceAt(bytesPerSecond);
    }

    /// The peer has said what it wants; an accepted connection on which it does not is closed before long.
    public void greeted() {
        Transport.greeted(channel);
    }

    /// From now on, says that this side is alive, and takes long silence for a lost connection. Does nothing to a
    /// connection that is lost already, whose receiver is told so anyway.
    public void startHeartbeats() {
        IdleStateHandler heartbeats =
                new IdleStateHandler(Limits.SILENCE_MS, Limits.HEARTBEAT_MS, 0, TimeUnit.MILLISECONDS);
        try {
            channel.pipeline().addBefore(LinkHandler.NAME, "heartbeats", heartbeats);
        } catch (NoSuchElementException e) {
            // A channel that has been closed gives its handlers up.
            if (channel.isOpen()) {
                throw e;
            }
        }
    }

    /// The names the peer's certificate proves, in lower case; empty if the connection is not encrypted.
    public Optional<Set<String>> peerNames() {
        return Tls.peerNames(channel);
    }

    public String peerAddress() {
        return String.valueOf(channel.remoteAddress());
    }

    /// Closes without waiting for what was sent.
    public void close() {
        var _ = channel.close();
    }

    /// Gives the other side [Limits#FAREWELL_MS] to read what was sent and to close, then closes. Closing at once
    /// could take back what was sent: a socket with unread input resets the connection.
    public void closeSoon() {
        var _ = channel.eventLoop().schedule(this::close, Limits.FAREWELL_MS, TimeUnit.MILLISECONDS);
    }
}
