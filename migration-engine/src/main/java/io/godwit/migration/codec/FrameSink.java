package io.godwit.migration.codec;

import io.netty.buffer.ByteBuf;
import java.io.IOException;

/// Where an encoder's frames go.
public interface FrameSink {
    /// Takes over the frame, on success and on failure. Blocks while the connection is behind.
    ///
    /// @param pages how many pages the frame tells
    void send(ByteBuf frame, PageKind kind, long pages) throws IOException, InterruptedException;
}
