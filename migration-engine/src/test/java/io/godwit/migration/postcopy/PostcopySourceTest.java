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
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What is owed stays owed until the target, or the record, says otherwise.
@Timeout(60)
class PostcopySourceTest {
    private final LateGuest guest = new LateGuest();
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
        transport.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Forgetful::new);
        try (PostcopySource source = source(Objects.requireNonNull(transport.localAddress()), System::nanoTime)) {
            source.connect();
            assertThat(source.serve(() -> true)).isEqualTo(PostcopySource.End.PLACED);
        }
        assertThat(events).containsExactly("misses 1", "has it and forgets it", "misses 1", "has it and says so");
    }

    /// A hole that was sent as what lies behind it would be content that is lost, or a hole that is filled.
    @Test
    void aRunEndsWhereHolesBeginOrEndAndWithItsRegion() throws Exception {
        guest.data.setRange(40, 10);
        guest.data.setRange(LateGuest.HIGH_FIRST - 2, 4);
        guest.pages(0, LateGuest.PAGES).fill((byte) 7);
        transport.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Careful::new);
        try (PostcopySource source = source(Objects.requireNonNull(transport.localAddress()), System::nanoTime)) {
            source.connect();
            assertThat(source.serve(() -> true)).isEqualTo(PostcopySource.End.PLACED);
        }
        assertThat(events)
                .containsExactly(
                        "zeros 38+2", "content 40+10", "zeros 50+8", "content 58+2", "content 60+2", "zeros 62+4");
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
        return new PostcopySource(
                new PostcopySource.Place(new UUID(1, 2), "target", target),
                guest.memory(),
                transport,
                (_, _) -> 0,
                nanoClock,
                _ -> {},
                _ -> {});
    }

    /// Welcomes the source, and tells it on the second connection what is missing.
    private abstract static class Target implements Receiver {
        abstract PageBitmap missing();

        abstract void late(Link link, int kind, long firstPage, int pages);

        @Override
        public void received(Link link, FrameType type, ByteBuf payload) throws IOException {
            if (type == FrameType.LATE_PAGES) {
                late(link, payload.getByte(0), payload.getLong(8), payload.getInt(4));
                return;
            }
            Message message = MessageCodec.decode(type, payload);
            if (message instanceof Hello hello) {
                link.greeted();
                link.send(new Welcome(hello.versionMax(), hello.token()));
                if (hello.connection() == 1) {
                    MissingMaps.parts(missing()).forEach(link::send);
                }
            }
        }

        @Override
        public void writabilityChanged(Link link) {}

        @Override
        public void lost(Link link, String reason) {}
    }

    /// Misses one page. Once it has come its agent dies; the next one says that it has come.
    private final class Forgetful extends Target {
        @Override
        PageBitmap missing() {
            events.add("misses 1");
            PageBitmap missing = new PageBitmap(LateGuest.PAGES);
            missing.set(42);
            return missing;
        }

        @Override
        void late(Link link, int kind, long firstPage, int pages) {
            if (events.size() == 1) {
                events.add("has it and forgets it");
                link.close();
            } else {
                events.add("has it and says so");
                link.send(new Postcopy.AllPlaced());
            }
        }
    }

    /// Misses pages 38 to 65.
    private final class Careful extends Target {
        private int left = 28;

        @Override
        PageBitmap missing() {
            PageBitmap missing = new PageBitmap(LateGuest.PAGES);
            missing.setRange(38, left);
            return missing;
        }

        @Override
        void late(Link link, int kind, long firstPage, int pages) {
            events.add((kind == LateEncoder.ZERO ? "zeros " : "content ") + firstPage + "+" + pages);
            left -= pages;
            if (left == 0) {
                link.send(new Postcopy.AllPlaced());
            }
        }
    }
}
