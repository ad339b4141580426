package io.godwit.migration.postcopy;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.migration.protocol.FrameType;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message;
import io.godwit.migration.protocol.Message.Hello;
import io.godwit.migration.protocol.Message.Postcopy;
import io.godwit.migration.protocol.Message.Welcome;
import io.godwit.migration.protocol.MessageCodec;
import io.godwit.migration.transport.Link;
import io.godwit.migration.transport.Receiver;
import io.godwit.migration.transport.Transport;
import io.godwit.shim.PageBitmap;
import io.godwit.shim.linux.TcpConnection;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What is owed stays owed until the target, or the record, says otherwise.
@Timeout(60)
class PostcopySourceTest {
    private final List<String> events = new CopyOnWriteArrayList<>();
    private Transport transport;

    @BeforeEach
    void open() throws IOException {
        transport = new Transport(null, TcpConnection::look);
    }

    @AfterEach
    void close() {
        transport.close();
    }

    @Test
    void whatIsSentIsOwedUntilTheTargetSaysThatItHasIt() throws Exception {
        AtomicInteger greeted = new AtomicInteger();
        transport.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), () -> new Target(greeted));
        try (PostcopySource source = source(Objects.requireNonNull(transport.localAddress()), System::nanoTime)) {
            source.connect();
            assertThat(source.serve(() -> true)).isEqualTo(PostcopySource.End.PLACED);
        }
        assertThat(events).containsExactly("misses 1", "has it and forgets it", "misses 1", "has it and says so");
    }

    /// Each look at the clock finds that it is time to ask the record again.
    @Test
    void aRecordThatCannotBeReadLeavesThePagesOwed() throws Exception {
        InetSocketAddress nobody;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = (InetSocketAddress) socket.getLocalSocketAddress();
        }
        AtomicLong nanos = new AtomicLong();
        PostcopySource.StillOwed record = () -> {
            events.add("asked");
            if (events.size() == 1) {
                throw new IllegalStateException("the record cannot be read");
            }
            return false;
        };
        try (PostcopySource source =
                source(nobody, () -> nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(Limits.STILL_OWED_MS)))) {
            assertThat(source.serve(record)).isEqualTo(PostcopySource.End.NOT_OWED);
        }
        assertThat(events).containsExactly("asked", "asked");
    }

    private PostcopySource source(InetSocketAddress target, LongSupplier nanoClock) {
        LateGuest guest = new LateGuest();
        return new PostcopySource(
                new PostcopySource.Place(new UUID(1, 2), "target", target),
                guest.memory(),
                transport,
                (_, _) -> 0,
                nanoClock,
                _ -> {},
                _ -> {});
    }

    /// Misses one page. Once it has come its agent dies; the next one says that it has come.
    private final class Target implements Receiver {
        private final AtomicInteger greeted;

        Target(AtomicInteger greeted) {
            this.greeted = greeted;
        }

        @Override
        public void received(Link link, FrameType type, ByteBuf payload) throws IOException {
            if (type == FrameType.LATE_PAGES) {
                // The page comes on the stream, which is the second of each agent's connections.
                if (greeted.get() > Limits.LATE_CONNECTIONS) {
                    events.add("has it and says so");
                    link.send(new Postcopy.AllPlaced());
                } else {
                    events.add("has it and forgets it");
                    link.close();
                }
                return;
            }
            Message message = MessageCodec.decode(type, payload);
            if (message instanceof Hello hello) {
                link.greeted();
                greeted.incrementAndGet();
                link.send(new Welcome(hello.versionMax(), hello.token()));
                if (hello.connection() == 1) {
                    PageBitmap missing = new PageBitmap(LateGuest.PAGES);
                    missing.set(42);
                    events.add("misses 1");
                    MissingMaps.parts(missing).forEach(link::send);
                }
            }
        }

        @Override
        public void writabilityChanged(Link link) {}

        @Override
        public void lost(Link link, String reason) {}
    }
}
