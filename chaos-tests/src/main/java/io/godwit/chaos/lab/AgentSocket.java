package io.godwit.chaos.lab;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Asks an agent over its Unix socket, without the second a JVM for the command line takes: for tests that act
/// at a certain moment of a migration.
///
/// @param path the socket
record AgentSocket(Path path) {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final int BODY_BYTES_MAX = 4 << 20;
    private static final int LINE_BYTES_MAX = 32 << 10;
    private static final JsonMapper JSON = JsonMapper.shared();

    /// @param status the first line
    record Answer(String status, String body) {
        boolean succeeded() {
            return status.startsWith("HTTP/1.1 2");
        }
    }

    /// Closes a channel after a time, unless it is told before that this is not needed: a read of a Unix socket
    /// has no timeout of its own.
    private record Closing(Thread clock) implements AutoCloseable {
        static Closing after(SocketChannel channel, Duration timeout) {
            return new Closing(Thread.ofVirtual().name("agent-timeout").start(() -> {
                try {
                    Thread.sleep(timeout);
                    channel.close();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (IOException e) {
                    // It is closed already, which is what was wanted.
                    Thread.currentThread().interrupt();
                }
            }));
        }

        @Override
        public void close() {
            clock.interrupt();
        }
    }

    boolean answers() {
        try {
            return exchange("GET", "/v1/hosts", "", TIMEOUT).succeeded();
        } catch (IOException e) {
            // Not listening yet: the caller asks again.
            return false;
        }
    }

    /// As [#answers()], but not later than this.
    boolean answers(Duration timeout) {
        try {
            return exchange("GET", "/v1/hosts", "", timeout).succeeded();
        } catch (IOException e) {
            return false;
        }
    }

    JsonNode get(String resource) {
        return request("GET", resource, "");
    }

    /// @param body JSON; empty for none
    JsonNode request(String method, String resource, String body) {
        return request(method, resource, body, TIMEOUT);
    }

    /// @param body JSON; empty for none
    JsonNode request(String method, String resource, String body, Duration timeout) {
        Answer answer;
        try {
            answer = exchange(method, resource, body, timeout);
        } catch (IOException e) {
            throw new LabException("Agent does not answer at " + path, e);
        }
        if (!answer.succeeded()) {
            throw new LabException("Agent refused " + method + " " + resource + ": " + answer);
        }
        try {
            return JSON.readTree(answer.body());
        } catch (JacksonException e) {
            throw new LabException("Agent answered what is no JSON: " + answer, e);
        }
    }

    /// What is not JSON.
    String text(String resource, Duration timeout) {
        Answer answer;
        try {
            answer = exchange("GET", resource, "", timeout);
        } catch (IOException e) {
            throw new LabException("Agent does not answer at " + path, e);
        }
        if (!answer.succeeded()) {
            throw new LabException("Agent refused GET " + resource + ": " + answer.status());
        }
        return answer.body();
    }

    /// Follows a stream of server-sent events until one of this name comes.
    ///
    /// @return false if the stream ended before, or did not bring it in time
    boolean awaitEvent(String resource, String event, Duration timeout) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                Closing _ = Closing.after(channel, timeout)) {
            channel.connect(UnixDomainSocketAddress.of(path));
            channel.write(ByteBuffer.wrap("GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
                    .formatted(resource)
                    .getBytes(StandardCharsets.US_ASCII)));
            awaitEvent(new BufferedInputStream(Channels.newInputStream(channel)), event);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /// Each event begins a chunk, so its name stands whole in a line between the chunks' lengths.
    static void awaitEvent(InputStream from, String event) throws IOException {
        String wanted = "event: " + event;
        String line = line(from);
        while (!line.equals(wanted)) {
            line = line(from);
        }
    }

    private Answer exchange(String method, String resource, String body, Duration timeout) throws IOException {
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        String head = "%s %s HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nConnection: close\r\n"
                        .formatted(method, resource)
                + (content.length == 0
                        ? "\r\n"
                        : "Content-Type: application/json\r\nContent-Length: " + content.length + "\r\n\r\n");
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                Closing _ = Closing.after(channel, timeout)) {
            channel.connect(UnixDomainSocketAddress.of(path));
            channel.write(ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)));
            channel.write(ByteBuffer.wrap(content));
            return read(new BufferedInputStream(Channels.newInputStream(channel)));
        }
    }

    /// Reads to the end of the body, not of the connection: the agent keeps that open for some seconds more.
    static Answer read(InputStream from) throws IOException {
        String status = line(from);
        int length = 0;
        boolean chunked = false;
        for (String header = line(from); !header.isEmpty(); header = line(from)) {
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = Integer.parseInt(
                        lower.substring("content-length:".length()).strip());
            }
            chunked |= lower.startsWith("transfer-encoding:") && lower.endsWith("chunked");
        }
        return new Answer(status, chunked ? chunks(from) : bytes(from, length));
    }

    private static String chunks(InputStream from) throws IOException {
        StringBuilder whole = new StringBuilder();
        while (true) {
            int length = Integer.parseInt(line(from).strip(), 16);
            if (length == 0) {
                return whole.toString();
            }
            whole.append(bytes(from, length));
            line(from);
        }
    }

    private static String bytes(InputStream from, int length) throws IOException {
        if (length < 0 || length > BODY_BYTES_MAX) {
            throw new IOException("Answer is larger than " + BODY_BYTES_MAX + " bytes: " + length);
        }
        byte[] bytes = from.readNBytes(length);
        if (bytes.length < length) {
            throw new IOException("Answer ends after " + bytes.length + " of " + length + " bytes");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static String line(InputStream from) throws IOException {
        StringBuilder line = new StringBuilder();
        while (line.length() < LINE_BYTES_MAX) {
            int next = from.read();
            if (next < 0) {
                throw new IOException("Answer ends in the middle of a line");
            }
            if (next == '\n') {
                return line.toString().stripTrailing();
            }
            line.append((char) next);
        }
        throw new IOException("Answer has a line longer than " + LINE_BYTES_MAX + " bytes");
    }
}
