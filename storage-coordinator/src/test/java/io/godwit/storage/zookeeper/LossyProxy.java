package io.godwit.storage.zookeeper;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.zookeeper.ZooDefs;

/// Stands between a client and its ZooKeeper server and cuts the connection at the worst moment: it knows the
/// protocol just well enough to tell a `multi` and its answer from everything else.
final class LossyProxy implements Closeable {
    private static final int FRAME_BYTES_MAX = 2 * 1024 * 1024;

    enum Loss {
        NONE,
        /// The next write is applied, and its answer never arrives.
        ANSWER,
        /// The next write never reaches the server.
        REQUEST
    }

    private final ServerSocket listener;
    private final int serverPort;
    private final AtomicReference<Loss> next = new AtomicReference<>(Loss.NONE);
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean cut;

    LossyProxy(int serverPort) throws IOException {
        this.serverPort = serverPort;
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("lossy-proxy").start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /// What happens to the next write; afterwards all is well again.
    void loseNext(Loss loss) {
        next.set(loss);
    }

    /// Whether the loss ordered has happened.
    boolean lost() {
        return next.get() == Loss.NONE;
    }

    /// Cuts off the client until [#mend].
    void cut() {
        cut = true;
        open.forEach(LossyProxy::closeQuietly);
    }

    void mend() {
        cut = false;
    }

    @Override
    public void close() throws IOException {
        listener.close();
        open.forEach(LossyProxy::closeQuietly);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                if (cut) {
                    client.close();
                    continue;
                }
                Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
                new Connection(client, server).start();
            } catch (IOException _) {
                // The listener was closed, or the server is down: the client sees its connection fail and retries.
            }
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException _) {
            // It is as good as closed.
        }
    }

    private final class Connection {
        private static final int NO_XID = Integer.MIN_VALUE;

        private final Socket client;
        private final Socket server;
        private volatile int lostXid = NO_XID;

        Connection(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void start() throws IOException {
            open.add(client);
            open.add(server);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            Thread.ofVirtual().start(() -> pump(client, server, true));
            Thread.ofVirtual().start(() -> pump(server, client, false));
        }

        private void pump(Socket from, Socket to, boolean requests) {
            try (from;
                    to) {
                DataInputStream in = new DataInputStream(from.getInputStream());
                DataOutputStream out = new DataOutputStream(to.getOutputStream());
                boolean first = true;
                while (true) {
                    byte[] frame = frame(in);
                    if (!first && (requests ? losesRequest(frame) : losesAnswer(frame))) {
                        return;
                    }
                    first = false;
                    out.writeInt(frame.length);
                    out.write(frame);
                    out.flush();
                }
            } catch (IOException _) {
                // Either end went away, and closing both tells the other.
            } finally {
                open.remove(client);
                open.remove(server);
            }
        }

        private boolean losesRequest(byte[] frame) {
            ByteBuffer fields = ByteBuffer.wrap(frame);
            int xid = fields.getInt();
            if (fields.getInt() != ZooDefs.OpCode.multi) {
                return false;
            }
            Loss loss = next.getAndSet(Loss.NONE);
            if (loss == Loss.ANSWER) {
                lostXid = xid;
            }
            return loss == Loss.REQUEST;
        }

        private boolean losesAnswer(byte[] frame) {
            return ByteBuffer.wrap(frame).getInt() == lostXid;
        }

        private byte[] frame(DataInputStream in) throws IOException {
            int length = in.readInt();
            if (length < 4 || length > FRAME_BYTES_MAX) {
                throw new IOException("A frame has an impossible length: " + length);
            }
            byte[] frame = new byte[length];
            if (in.readNBytes(frame, 0, length) != length) {
                throw new EOFException();
            }
            return frame;
        }
    }
}
