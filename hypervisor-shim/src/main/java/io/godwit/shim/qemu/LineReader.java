package io.godwit.shim.qemu;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Cuts a byte stream into lines no longer than a limit. Not safe for use by several threads.
final class LineReader {
    private static final int CHUNK_BYTES = 16 << 10;

    private final ReadableByteChannel from;
    private final int lineBytesMax;
    private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).limit(0);
    private byte[] line = new byte[CHUNK_BYTES];

    LineReader(ReadableByteChannel from, int lineBytesMax) {
        this.from = from;
        this.lineBytesMax = lineBytesMax;
    }

    /// The next line without its end, or null at the end of the stream. What follows the last line end is dropped:
    /// it is half a message.
    @Nullable
    String next() throws IOException {
        int length = 0;
        while (true) {
            if (!chunk.hasRemaining() && !fill()) {
                return null;
            }
            byte b = chunk.get();
            if (b == '\n') {
                return new String(line, 0, length, StandardCharsets.UTF_8);
            }
            if (length == lineBytesMax) {
                throw new IOException("A line is longer than " + lineBytesMax + " bytes");
            }
            if (length == line.length) {
                line = Arrays.copyOf(line, Math.min(2 * line.length, lineBytesMax));
            }
            line[length++] = b;
        }
    }

    private boolean fill() throws IOException {
        chunk.clear();
        int read = from.read(chunk);
        chunk.flip();
        return read > 0;
    }
}
