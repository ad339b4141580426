package io.godwit.storage;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/// Talks in Ethernet frames. The coordinator makes no native calls, so whoever owns packet sockets lends them.
@FunctionalInterface
public interface FrameExchange {

    /// @throws IOException if the interface is missing, or takes no frames
    Conversation open(String networkInterface) throws IOException;

    /// An open packet socket.
    interface Conversation extends AutoCloseable {
        /// @return the six bytes of the interface's own address
        byte[] hardwareAddress();

        /// @param frame  from the destination address on, without checksum
        void send(byte[] frame) throws IOException;

        /// Waits for a frame that somebody else sent; empty after the timeout.
        Optional<byte[]> receive(Duration timeout) throws IOException;

        @Override
        void close();
    }
}
