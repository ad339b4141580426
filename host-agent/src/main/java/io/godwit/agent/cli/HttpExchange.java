package io.godwit.agent.cli;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One request and its answer over a Unix socket: HTTP/1.1, a connection each. The answer's body may have a length,
/// come in chunks or end with the connection.
final class HttpExchange implements AutoCloseable {
    private static final int LINE_BYTES_MAX = 8 << 10;
    private static final int HEADERS_MAX = 100;
    private static final long CHUNK_BYTES_MAX = 1L << 30;

    private final SocketChannel channel;
    private final InputStream in;
    private int status;
    private long length = -1;
    private boolean chunked;

    private HttpExchange(SocketChannel channel) {
        this.channel = channel;
        this.in = new BufferedInputStream(Channels.newInputStream(channel));
    }

    /// @throws IOException if nobody listens there
    static HttpExchange connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return new HttpExchange(channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /// Sends the request and reads the answer's head.
    ///
    /// @param path  percent-encoded
    /// @param json  null for no body
    void send(String method, String path, String accept, byte @Nullable [] json) throws IOException {
        StringBuilder head = new StringBuilder(256)
                .append(method)
                .append(' ')
                .append(path)
                .append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: ")
                .append(accept)
                .append("\r\n");
        if (json != null) {
            head.append("Content-Type: application/json\r\nContent-Length: ")
                    .append(json.length)
                    .append("\r\n");
        } else if (!method.equals("GET")) {
            head.append("Content-Length: 0\r\n");
        }
        head.append("\r\n");
        write(ByteBuffer.wrap(head.toString().getBytes(StandardCharsets.US_ASCII)));
        if (json != null) {
            write(ByteBuffer.wrap(json));
        }
        readHead();
    }

    int status() {
        return status;
    }

    /// The body, without its chunk marks. Ends early only with an exception.
    InputStream body() {
        return new BodyStream();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException _) {
            // All that was wanted from this connection has been read.
        }
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private void readHead() throws IOException {
        do {
            String line = line();
            if (!line.matches("HTTP/1\\.[01] [1-5]\\d\\d.*")) {
                throw new IOException("The answer is not HTTP/1.1: " + line);
            }
            status = Integer.parseInt(line.substring(9, 12));
            length = -1;
            chunked = false;
            readHeaders();
            // 1xx answers only announce the real one.
        } while (status < 200);
        if (status == 204) {
            length = 0;
        }
    }

    private void readHeaders() throws IOException {
        for (int i = 0; i < HEADERS_MAX; i++) {
            String line = line();
            if (line.isEmpty()) {
                return;
            }
            int colon = line.indexOf(':');
            String name = colon < 0 ? "" : line.substring(0, colon).strip().toLowerCase(Locale.ROOT);
            String value = line.substring(colon + 1).strip();
            if (name.equals("content-length")) {
                length = number(value, 10);
            } else if (name.equals("transfer-encoding")) {
                chunked = value.toLowerCase(Locale.ROOT).endsWith("chunked");
            }
        }
        throw new IOException("The answer has more than " + HEADERS_MAX + " headers");
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("The connection ended within the answer");
            }
            if (line.length() >= LINE_BYTES_MAX) {
                throw new IOException("A line of the answer is longer than " + LINE_BYTES_MAX + " bytes");
            }
            line.append((char) c);
        }
        return line.toString().strip();
    }

    private static long number(String text, int radix) throws IOException {
        try {
            long number = Long.parseLong(text, radix);
            if (number >= 0 && number <= CHUNK_BYTES_MAX) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Reported below.
        }
        throw new IOException("The answer gives a length that cannot be: " + text);
    }

    private final class BodyStream extends InputStream {
        private long left = chunked ? 0 : length;
        private boolean first = true;
        private boolean ended;

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int count) throws IOException {
            if (chunked && left == 0 && !ended) {
                nextChunk();
            }
            if (ended || left == 0) {
                return -1;
            }
            int wanted = left < 0 ? count : (int) Math.min(count, left);
            int got = in.read(bytes, offset, wanted);
            if (got < 0) {
                if (left > 0) {
                    throw new EOFException("The connection ended within the answer");
                }
                ended = true;
            } else if (left > 0) {
                left -= got;
            }
            return got;
        }

        private void nextChunk() throws IOException {
            if (!first) {
                line();
            }
            first = false;
            String size = line();
            int extension = size.indexOf(';');
            left = number((extension < 0 ? size : size.substring(0, extension)).strip(), 16);
            ended = left == 0;
        }
    }
}
