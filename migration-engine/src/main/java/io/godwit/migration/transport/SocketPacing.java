package io.godwit.migration.transport;

import io.godwit.shim.ConnectionFigures;
import io.godwit.shim.ConnectionFigures.Figures;
import io.godwit.shim.HypervisorException;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;

/// What the kernel knows and does about the speed of one connection. All of it happens on the connection's
/// event loop, where its descriptor cannot become another file's. Where the channel is none of Linux's, nothing
/// is known and nothing is done.
final class SocketPacing {
    private static final int SOL_SOCKET = 1;
    private static final int SO_MAX_PACING_RATE = 47;
    private static final IntegerUnixChannelOption MAX_PACING_RATE =
            new IntegerUnixChannelOption("SO_MAX_PACING_RATE", SOL_SOCKET, SO_MAX_PACING_RATE);

    /// The option takes 32 bits without a sign, all set for no limit.
    private static final int UNLIMITED = -1;

    private static final long RATE_MAX = 0xffff_fffeL;

    private static final Figures UNKNOWN = new Figures(0, 0, false);

    private final Channel channel;
    private final ConnectionFigures figures;
    private volatile Figures known = UNKNOWN;

    SocketPacing(Channel channel, ConnectionFigures figures) {
        this.channel = channel;
        this.figures = figures;
    }

    /// Asks; the answer is known soon after.
    ///
    /// @param answered run once it is, or at once if there will be none
    void ask(Runnable answered) {
        if (channel instanceof EpollSocketChannel socket) {
            socket.eventLoop().execute(() -> {
                known = look(socket);
                answered.run();
            });
        } else {
            answered.run();
        }
    }

    private Figures look(EpollSocketChannel socket) {
        try {
            if (socket.isOpen()) {
                return figures.look(socket.fd().intValue());
            }
        } catch (HypervisorException _) {
            // Pacing does without, and whoever uses a broken connection hears of that.
        }
        return new Figures(0, known.bytesAcknowledged(), false);
    }

    long roundTripMicros() {
        return known.roundTripMicros();
    }

    long bytesAcknowledged() {
        return known.bytesAcknowledged();
    }

    boolean underWay() {
        return known.underWay();
    }

    void paceAt(long bytesPerSecond) {
        int rate = bytesPerSecond <= 0 ? UNLIMITED : (int) Math.min(bytesPerSecond, RATE_MAX);
        if (channel instanceof EpollSocketChannel socket && socket.isOpen()) {
            socket.eventLoop().execute(() -> {
                try {
                    if (socket.isOpen()) {
                        socket.config().setOption(MAX_PACING_RATE, rate);
                    }
                } catch (ChannelException _) {
                    // The connection is on its way out, and whoever uses it hears of that.
                }
            });
        }
    }
}
