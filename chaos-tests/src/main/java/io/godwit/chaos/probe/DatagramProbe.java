package io.godwit.chaos.probe;

import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.Namespace;
import io.godwit.chaos.workload.GuestServices;
import io.godwit.shim.linux.NetworkNamespace;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Sends a numbered datagram to the guest's echo service every millisecond, from inside a namespace, until it
/// is stopped, and keeps which were answered.
public final class DatagramProbe implements AutoCloseable {
    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int DATAGRAMS_MAX = 3_600_000;
    private static final int RECEIVE_BYTES = 4 << 20;
    private static final int LAST_ANSWER_MS = 2_000;

    private final DatagramSocket socket;
    private final SocketAddress guest;
    private final BitSet answered = new BitSet();
    private final Thread sender;
    private final Thread receiver;
    private volatile boolean stopping;
    private volatile int sent;
    private long duplicates;

    private DatagramProbe(DatagramSocket socket, SocketAddress guest) {
        this.socket = socket;
        this.guest = guest;
        this.sender = Thread.ofPlatform().daemon().name("datagram-sender").unstarted(this::send);
        this.receiver = Thread.ofPlatform().daemon().name("datagram-receiver").unstarted(this::receive);
    }

    /// Begins at once.
    public static DatagramProbe start(Namespace from, String address) {
        try {
            // A socket belongs to the namespace of the thread that opens it.
            DatagramSocket socket = NetworkNamespace.call(from.name(), () -> new DatagramSocket(0));
            socket.setReceiveBufferSize(RECEIVE_BYTES);
            socket.setSoTimeout(LAST_ANSWER_MS);
            DatagramProbe probe = new DatagramProbe(socket, new InetSocketAddress(address, GuestServices.UDP_PORT));
            probe.receiver.start();
            probe.sender.start();
            return probe;
        } catch (ExecutionException | IOException e) {
            throw new LabException("No datagrams can be sent from " + from.name(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("Interrupted while a socket was opened", e);
        }
    }

    /// Ends the series, waits until nothing has come for 2 s, and tells what was seen.
    public DatagramLog stop() {
        stopping = true;
        try {
            sender.join();
            receiver.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("Interrupted while the last answers were awaited", e);
        }
        synchronized (answered) {
            return DatagramLog.of(sent, answered, duplicates);
        }
    }

    private void send() {
        ByteBuffer content = ByteBuffer.allocate(Integer.BYTES);
        long due = System.nanoTime();
        try {
            for (int number = 0; !stopping && number < DATAGRAMS_MAX; number++) {
                content.putInt(0, number);
                sent = number + 1;
                socket.send(new DatagramPacket(content.array(), Integer.BYTES, guest));
                due = Math.max(due + INTERVAL_NS, System.nanoTime() - INTERVAL_NS);
                LockSupport.parkNanos(due - System.nanoTime());
            }
        } catch (IOException e) {
            // Closed; or it could not be sent, which then counts as unanswered.
            stopping = true;
        }
    }

    private void receive() {
        DatagramPacket packet = new DatagramPacket(new byte[64], 64);
        while (true) {
            try {
                socket.receive(packet);
            } catch (SocketTimeoutException e) {
                if (stopping) {
                    return;
                }
                continue;
            } catch (IOException e) {
                // Closed.
                return;
            }
            if (packet.getLength() == Integer.BYTES) {
                note(ByteBuffer.wrap(packet.getData()).getInt());
            }
        }
    }

    private void note(int number) {
        synchronized (answered) {
            if (number >= 0 && number < sent) {
                duplicates += answered.get(number) ? 1 : 0;
                answered.set(number);
            }
        }
    }

    @Override
    public void close() {
        stopping = true;
        socket.close();
    }
}
