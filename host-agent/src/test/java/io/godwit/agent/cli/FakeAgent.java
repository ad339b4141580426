package io.godwit.agent.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/// An agent that answers each request with the bytes prepared for it, and remembers what it was asked. The last of
/// several answers is given again and again.
final class FakeAgent implements AutoCloseable {
    private final ServerSocketChannel listener;
    private final Map<String, Queue<byte[]>> answers = new ConcurrentHashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();

    FakeAgent(Path socket) throws IOException {
        listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofVirtual().name("fake-agent").start(this::accept);
    }

    /// @param request  such as `GET /v1/guests`
    void on(String request, int status, String json) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        String head = "HTTP/1.1 " + status + " X\r\ncontent-type: application/json\r\ncontent-length: " + body.length
                + "\r\n\r\n";
        raw(request, head + json);
    }

    /// An answer as it goes over the wire; the connection ends after it.
    void raw(String request, String bytes) {
        answers.computeIfAbsent(request, _ -> new ConcurrentLinkedQueue<>())
                .add(bytes.getBytes(StandardCharsets.UTF_8));
    }

    /// Each as `METHOD PATH BODY`.
    List<String> requests() {
        return requests;
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel channel = listener.accept();
                Thread.ofVirtual().start(() -> serve(channel));
            }
        } catch (IOException _) {
            // Closed: the test is over.
        }
    }

    private void serve(SocketChannel channel) {
        try (channel) {
            InputStream in = Channels.newInputStream(channel);
            String head = head(in);
            String request = head.substring(0, head.indexOf(" HTTP/1.1"));
            int length = 0;
            for (String line : head.lines().toList()) {
                if (line.startsWith("Content-Length: ")) {
                    length = Integer.parseInt(line.substring(16));
                }
            }
            String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
            requests.add((request + " " + body).strip());
            Queue<byte[]> prepared = answers.getOrDefault(request, new ConcurrentLinkedQueue<>());
            byte[] answer = prepared.size() > 1 ? prepared.poll() : prepared.peek();
            if (answer != null) {
                ByteBuffer bytes = ByteBuffer.wrap(answer);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            }
        } catch (IOException _) {
            // The client has gone away, which some tests want.
        }
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
            int c = in.read();
            if (c < 0) {
                throw new IOException("The request ended within its head");
            }
            head.write(c);
        }
        return head.toString(StandardCharsets.US_ASCII);
    }
}
