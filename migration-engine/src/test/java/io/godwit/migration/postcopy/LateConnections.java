package io.godwit.migration.postcopy;

import io.godwit.migration.protocol.FrameType;
import io.godwit.migration.protocol.Message;
import io.godwit.migration.protocol.Message.Postcopy;
import io.godwit.migration.protocol.MessageCodec;
import io.godwit.migration.transport.Link;
import io.godwit.migration.transport.Receiver;
import io.godwit.migration.transport.Transport;
import io.godwit.shim.linux.TcpConnection;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// Connections over loopback of which a test holds the target's end, and hears what is said on it.
public final class LateConnections implements AutoCloseable {
    private static final long LONG_S = 20;

    private final Transport transport;
    private final BlockingQueue<Ear> accepted = new LinkedBlockingQueue<>();

    public LateConnections() throws IOException {
        transport = new Transport(null, TcpConnection::look);
        transport.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), () -> {
            Ear ear = new Ear();
            accepted.add(ear);
            return ear;
        });
    }

    /// A connection of its own, and what its other end hears.
    public record Connection(Link link, BlockingQueue<Postcopy> heard) {
        /// The next message, which must be of this kind.
        <M extends Postcopy> M next(Class<M> kind) throws InterruptedException {
            Postcopy message = heard.poll(LONG_S, TimeUnit.SECONDS);
            if (!kind.isInstance(message)) {
                throw new AssertionError("Expected " + kind.getSimpleName() + " but heard " + message);
            }
            return kind.cast(message);
        }
    }

    public Connection open() throws IOException, InterruptedException {
        Link link = transport.connect(Objects.requireNonNull(transport.localAddress()), "target", new Deaf());
        return new Connection(link, Objects.requireNonNull(accepted.poll(LONG_S, TimeUnit.SECONDS)).heard);
    }

    @Override
    public void close() {
        transport.close();
    }

    private static final class Ear implements Receiver {
        private final BlockingQueue<Postcopy> heard = new LinkedBlockingQueue<>();

        @Override
        public void received(Link link, FrameType type, ByteBuf payload) throws IOException {
            Message message = MessageCodec.decode(type, payload);
            if (message instanceof Postcopy said) {
                heard.add(said);
            }
        }

        @Override
        public void writabilityChanged(Link link) {}

        @Override
        public void lost(Link link, String reason) {}
    }

    private static final class Deaf implements Receiver {
        @Override
        public void received(Link link, FrameType type, ByteBuf payload) {}

        @Override
        public void writabilityChanged(Link link) {}

        @Override
        public void lost(Link link, String reason) {}
    }
}
