package io.godwit.benchmarks.measure;

import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.Namespace;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.NetworkNamespace;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.ExecutionException;

/// Sockets of this process that stand in a namespace of the lab.
final class Sockets {
    private Sockets() {}

    /// For datagrams to one address only.
    static DatagramChannel datagrams(Namespace from, String address, int port) {
        try {
            return NetworkNamespace.call(from.name(), () -> connected(address, port));
        } catch (HypervisorException | ExecutionException e) {
            throw new LabException("No socket can be opened in " + from.name(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("Interrupted while a socket was being opened in " + from.name(), e);
        }
    }

    private static DatagramChannel connected(String address, int port) throws IOException {
        DatagramChannel channel = DatagramChannel.open();
        try {
            return channel.connect(new InetSocketAddress(address, port));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }
}
