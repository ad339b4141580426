package io.godwit.migration;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/// A TCP proxy on loopback that can cut what goes through it, or swallow it in silence.
final class FaultProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final InetSocketAddress behind;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean swallowing;

    FaultProxy(InetSocketAddress behind) throws IOException {
        this.behind = behind;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    /// Ends every connection at once.
    void cut() {
        for (Socket socket : sockets) {
            close(socket);
        }
    }

    /// As if the cable were pulled: everything stays open, nothing arrives.
    void swallow() {
        swallowing = true;
    }

    private void accept() {
        try {
            while (true) {
                connect(listener.accept());
            }
        } catch (IOException _) {
            // The listener was closed.
        }
    }

    private void connect(Socket client) {
        try {
            Socket server = new Socket(behind.getAddress(), behind.getPort());
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            sockets.add(client);
            sockets.add(server);
            Thread.ofVirtual().start(() -> pump(client, server));
            Thread.ofVirtual().start(() -> pump(server, client));
        } catch (IOException _) {
            // Nobody is behind it just now, which its clients may see, and those that come later should not.
            close(client);
        }
    }

    private void pump(Socket from, Socket to) {
        try (InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            byte[] buffer = new byte[64 << 10];
            int count = in.read(buffer);
            while (count >= 0) {
                if (swallowing) {
                    closed.await();
                    return;
                }
                out.write(buffer, 0, count);
                count = in.read(buffer);
            }
        } catch (IOException _) {
            // Cut, or closed by one of the sides: so is the other.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            close(from);
            close(to);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException _) {
            // It is of no further use either way.
        }
    }

    @Override
    public void close() throws IOException {
        closed.countDown();
        listener.close();
        cut();
    }
}
