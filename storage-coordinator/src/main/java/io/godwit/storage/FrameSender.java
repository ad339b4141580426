package io.godwit.storage;

import java.io.IOException;

/// Sends Ethernet frames. The coordinator makes no native calls, so whoever owns a packet socket lends it.
@FunctionalInterface
public interface FrameSender {

    /// @param frame  from the destination address on, without checksum
    /// @throws IOException if the interface is missing or takes no frame
    void send(String networkInterface, byte[] frame) throws IOException;
}
