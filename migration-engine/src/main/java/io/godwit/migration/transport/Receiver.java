package io.godwit.migration.transport;

import io.godwit.migration.protocol.FrameType;
import io.netty.buffer.ByteBuf;
import java.io.IOException;

/// What hears a connection. All methods are called on the connection's event loop, one at a time.
public interface Receiver {

    /// A frame whose length and checksum are right. The payload is released after the call.
    ///
    /// @throws IOException to have the connection closed, and [#lost] called with the message
    void received(Link link, FrameType type, ByteBuf payload) throws IOException;

    /// The connection is behind no more, or behind now: see [Link#writable].
    void writabilityChanged(Link link);

    /// The connection is gone. Called once, last.
    void lost(Link link, String reason);
}
