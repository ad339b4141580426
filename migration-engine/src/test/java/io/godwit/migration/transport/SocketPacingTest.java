package io.godwit.migration.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.shim.linux.TcpConnection;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the kernel says of a connection over loopback, whose other end reads when the test lets it.
class SocketPacingTest {
    private static final int BYTES = 16 << 20;
    private static final Duration LONG = Duration.ofSeconds(20);

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private ServerSocket listener;
    private Channel channel;
    private SocketPacing pacing;

    @BeforeEach
    void connect() throws Exception {
        listener = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
        channel = new Bootstrap()
                .group(loops)
                .channel(EpollSocketChannel.class)
                .handler(new ChannelInboundHandlerAdapter())
                .connect(listener.getLocalSocketAddress())
                .sync()
                .channel();
        pacing = new SocketPacing(channel, TcpConnection::look);
    }

    @AfterEach
    void close() throws Exception {
        channel.close().sync();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        listener.close();
    }

    @Test
    void tellsWhatHasArrivedAndWhatIsStillUnderWay() throws Exception {
        try (Socket reader = listener.accept()) {
            var _ = channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[BYTES]));
            await().atMost(LONG).until(() -> {
                pacing.ask(() -> {});
                return pacing.underWay() && pacing.bytesAcknowledged() > 0;
            });
            assertThat(pacing.bytesAcknowledged()).isLessThan(BYTES);
            assertThat(pacing.roundTripMicros()).isPositive();
            InputStream in = reader.getInputStream();
            assertThat(in.readNBytes(BYTES)).hasSize(BYTES);
            await().atMost(LONG).until(() -> {
                pacing.ask(() -> {});
                return !pacing.underWay();
            });
            // The handshake counts as one.
            assertThat(pacing.bytesAcknowledged()).isBetween((long) BYTES, BYTES + 1L);
        }
    }

    @Test
    void aClosedConnectionHasNoRoundTripAndLosesNoCount() throws Exception {
        try (Socket reader = listener.accept()) {
            var _ = channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[1000]));
            assertThat(reader.getInputStream().readNBytes(1000)).hasSize(1000);
            await().atMost(LONG).until(() -> {
                pacing.ask(() -> {});
                return pacing.bytesAcknowledged() >= 1000;
            });
        }
        channel.close().sync();
        pacing.ask(() -> {});
        await().atMost(LONG).until(() -> pacing.roundTripMicros() == 0);
        assertThat(pacing.bytesAcknowledged()).isGreaterThanOrEqualTo(1000);
        assertThat(pacing.underWay()).isFalse();
    }
}
