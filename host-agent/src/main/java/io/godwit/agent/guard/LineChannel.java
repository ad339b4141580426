package io.godwit.agent.guard;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Lines over a channel that never blocks: the other end may be frozen at any moment.
final class LineChannel implements AutoCloseable {
    private final SocketChannel channel;
    private final ByteBuffer read = ByteBuffer.allocate(GuardWire.LINE_BYTES_MAX);

    LineChannel(SocketChannel channel) {
        this.channel = channel;
    }

    /// @throws IOException if the other end does not take all of it now; the channel is of no further use then
    synchronized void write(String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.US_ASCII));
        channel.write(bytes);
        if (bytes.hasRemaining()) {
            throw new IOException("The other end does not read");
        }
    }

    /// @return the lines that are complete by now
    /// @throws IOException if the other end has gone, or sends a line that is too long
    List<String> read() throws IOException {
        int count = channel.read(read);
        if (count < 0) {
            throw new EOFException("The other end has gone");
        }
        List<String> lines = new ArrayList<>();
        read.flip();
        int start = 0;
        for (int i = 0; i < read.limit(); i++) {
            if (read.get(i) == '\n') {
                lines.add(new String(read.array(), start, i - start, StandardCharsets.US_ASCII));
                start = i + 1;
            }
        }
        read.position(start);
        read.compact();
        if (!read.hasRemaining()) {
            throw new IOException("A line is longer than " + GuardWire.LINE_BYTES_MAX + " bytes");
        }
        return lines;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
