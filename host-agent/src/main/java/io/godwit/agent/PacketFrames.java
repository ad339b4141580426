package io.godwit.agent;

import io.godwit.shim.linux.PacketSocket;
import io.godwit.storage.FrameExchange;
import java.io.IOException;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.Optional;

/// Lends the coordinator packet sockets.
final class PacketFrames implements FrameExchange {
    @Override
    public Conversation open(String networkInterface) throws IOException {
        NetworkInterface card = NetworkInterface.getByName(networkInterface);
        byte[] address = card == null ? null : card.getHardwareAddress();
        if (address == null) {
            throw new IOException("There is no network interface with an Ethernet address: " + networkInterface);
        }
        return new Socket(PacketSocket.open(networkInterface, PacketSocket.Mode.CAPTURE), address.clone());
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Socket(PacketSocket socket, byte[] hardwareAddress) implements Conversation {
        @Override
        public void send(byte[] frame) throws IOException {
            socket.send(frame);
        }

        @Override
        public Optional<byte[]> receive(Duration timeout) throws IOException {
            return socket.receive(timeout).filter(frame -> !frame.outgoing()).map(PacketSocket.Frame::bytes);
        }

        @Override
        public void close() {
            socket.close();
        }
    }
}
