package io.godwit.migration.transport;

import io.godwit.migration.MigrationEngine;
import io.godwit.migration.protocol.Limits;
import io.godwit.shim.ConnectionFigures;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All of an engine's connections: opens them, accepts them, and closes them with itself.
public final class Transport implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Transport.class);
    private static final int IO_THREADS = 3;

    private final EventLoopGroup loops;
    private final @Nullable Tls tls;
    private final ConnectionFigures figures;
    private final AtomicInteger ungreeted = new AtomicInteger();
    private @Nullable Channel listener;

    /// @throws IOException if a PEM file cannot be used
    public Transport(MigrationEngine.@Nullable Tls files, ConnectionFigures figures) throws IOException {
        this.tls = files == null ? null : Tls.load(files);
        this.figures = figures;
        IoHandlerFactory factory = Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        this.loops = new MultiThreadIoEventLoopGroup(
                IO_THREADS, new DefaultThreadFactory("godwit-migration", true), factory);
    }

    public boolean encrypted() {
        return tls != null;
    }

    /// The address listened on; null before [#listen].
    public @Nullable InetSocketAddress localAddress() {
        Channel channel = listener;
        return channel == null ? null : (InetSocketAddress) channel.localAddress();
    }

    /// Accepts connections. A peer of another authority never gets as far as a receiver.
    ///
    /// @param receivers makes one receiver for each connection; it calls
    ///                  [Link#greeted] once the peer has said what it wants
    /// @throws IOException if the address cannot be listened on
    public void listen(InetSocketAddress address, Supplier<Receiver> receivers) throws IOException {
        Class<? extends ServerChannel> type =
                Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .channel(type)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel, receivers);
                    }
                });
        ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            var _ = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            throw new IOException(
                    "The migration port cannot be listened on: " + address + ": " + LinkHandler.describe(bound.cause()),
                    bound.cause());
        }
        listener = bound.channel();
    }

    private void accept(Channel channel, Supplier<Receiver> receivers) {
        if (ungreeted.incrementAndGet() > Limits.UNGREETED_CONNECTIONS_MAX) {
            ungreeted.decrementAndGet();
            log.warn("Refused a connection, for too many others have not said yet what they want: {}", channel);
            var _ = channel.close();
            return;
        }
        Greeting greeting = new Greeting(channel);
        channel.attr(Greeting.KEY).set(greeting);
        var _ = channel.closeFuture().addListener(_ -> greeting.settle());
        Link link = new Link(channel, figures);
        if (tls != null) {
            SslHandler handler = tls.serverHandler(channel);
            handler.setHandshakeTimeoutMillis(Limits.GREETING_MS);
            channel.pipeline().addLast("tls", handler);
        }
        channel.pipeline().addLast("frames", new FrameDecoder());
        channel.pipeline().addLast(LinkHandler.NAME, new LinkHandler(link, receivers.get()));
    }

    /// Opens a connection.
    ///
    /// @param host the name that the other side's certificate must prove
    /// @throws IOException if the other side cannot be reached, or is not who it should be
    public Link connect(InetSocketAddress address, String host, Receiver receiver)
            throws IOException, InterruptedException {
        Bootstrap bootstrap = new Bootstrap()
                .group(loops)
                .channel(Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Limits.CONNECT_MS)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.SO_SNDBUF, Limits.SOCKET_SEND_BYTES)
                .option(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(Limits.CHANNEL_BYTES_LOW, Limits.CHANNEL_BYTES_HIGH))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (tls != null) {
                            SslHandler handler = tls.clientHandler(channel, host, address.getPort());
                            handler.setHandshakeTimeoutMillis(Limits.CONNECT_MS);
                            channel.pipeline().addLast("tls", handler);
                        }
                        channel.pipeline().addLast("frames", new FrameDecoder());
                        channel.pipeline()
                                .addLast(LinkHandler.NAME, new LinkHandler(new Link(channel, figures), receiver));
                    }
                });
        ChannelFuture connected = bootstrap.connect(address);
        Channel channel = connected.channel();
        try {
            await(connected, "Cannot connect to " + host + " at " + address);
            SslHandler handler = channel.pipeline().get(SslHandler.class);
            if (handler != null) {
                await(handler.handshakeFuture(), "Cannot make sure that " + address + " is " + host);
            }
        } catch (IOException | InterruptedException e) {
            var _ = channel.close();
            throw e;
        }
        return new Link(channel, figures);
    }

    private static void await(Future<?> future, String failure) throws IOException, InterruptedException {
        if (!future.await(2L * Limits.CONNECT_MS)) {
            throw new IOException(failure + ": no answer within " + 2L * Limits.CONNECT_MS + " ms");
        }
        if (!future.isSuccess()) {
            throw new IOException(failure + ": " + LinkHandler.describe(future.cause()), future.cause());
        }
    }

    /// An accepted connection that has not said yet what it wants: closed after [Limits#GREETING_MS].
    private final class Greeting {
        static final AttributeKey<Greeting> KEY = AttributeKey.valueOf(Greeting.class, "greeting");

        private final Future<?> deadline;
        private boolean settled;

        Greeting(Channel channel) {
            deadline = channel.eventLoop().schedule(() -> closeNow(channel), Limits.GREETING_MS, TimeUnit.MILLISECONDS);
        }

        synchronized void settle() {
            if (!settled) {
                settled = true;
                ungreeted.decrementAndGet();
                deadline.cancel(false);
            }
        }
    }

    private static void closeNow(Channel channel) {
        var _ = channel.close();
    }

    /// Stops the clock of an accepted connection that has said what it wants.
    static void greeted(Channel channel) {
        Greeting greeting = channel.attr(Greeting.KEY).get();
        if (greeting != null) {
            greeting.settle();
        }
    }

    @Override
    public void close() {
        Channel channel = listener;
        if (channel != null) {
            channel.close().awaitUninterruptibly();
        }
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(Limits.FAREWELL_MS * 2L);
    }
}
