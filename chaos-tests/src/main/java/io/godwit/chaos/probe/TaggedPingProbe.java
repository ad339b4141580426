package io.godwit.chaos.probe;

import io.godwit.chaos.lab.GuestFile;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.LabNetwork;
import io.godwit.chaos.lab.Namespace;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.NetworkNamespace;
import io.godwit.shim.linux.PacketSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Pings a guest in the lab's VLAN every 10 ms, frame by frame, until it is stopped: the machine's own kernel need
/// know nothing of VLANs.
public final class TaggedPingProbe implements AutoCloseable {
    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final int PINGS_MAX = 360_000;
    private static final Duration LAST_ANSWER = Duration.ofSeconds(2);
    private static final String DEVICE = "eth0";

    private final PacketSocket socket;
    private final TaggedFrames frames;
    private final byte[] guestMac;
    private final byte[] guest;
    private final BitSet answered = new BitSet();
    private final Thread sender;
    private final Thread receiver;
    private volatile boolean stopping;
    private volatile int sent;
    private long duplicates;

    private TaggedPingProbe(PacketSocket socket, TaggedFrames frames, GuestFile file) throws IOException {
        this.socket = socket;
        this.frames = frames;
        this.guestMac = HexFormat.ofDelimiter(":").parseHex(file.mac());
        this.guest = InetAddress.getByName(file.vlanAddress()).getAddress();
        this.sender = Thread.ofPlatform().daemon().name("tagged-ping-sender").unstarted(this::send);
        this.receiver =
                Thread.ofPlatform().daemon().name("tagged-ping-receiver").unstarted(this::receive);
    }

    /// Begins at once.
    public static TaggedPingProbe start(Namespace from, GuestFile guest) {
        try {
            byte[] mac = NetworkNamespace.call(
                    from.name(), () -> NetworkInterface.getByName(DEVICE).getHardwareAddress());
            byte[] address = InetAddress.getByName(LabNetwork.VLAN_CLIENT).getAddress();
            PacketSocket socket =
                    NetworkNamespace.call(from.name(), () -> PacketSocket.open(DEVICE, PacketSocket.Mode.CAPTURE));
            TaggedPingProbe probe = new TaggedPingProbe(socket, new TaggedFrames(LabNetwork.VLAN, mac, address), guest);
            probe.receiver.start();
            probe.sender.start();
            return probe;
        } catch (ExecutionException | IOException e) {
            throw new LabException("No tagged frames can be sent from " + from.name(), e);
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
        try {
            socket.send(frames.question(guest));
            for (int number = 0; !stopping && number < PINGS_MAX; number++) {
                LockSupport.parkNanos(INTERVAL_NS);
                sent = number + 1;
                socket.send(frames.ping(guestMac, guest, number));
            }
        } catch (HypervisorException e) {
            // Closed; or it could not be sent, which then counts as unanswered.
            stopping = true;
        }
    }

    private void receive() {
        long lastNs = System.nanoTime();
        try {
            while (!stopping || System.nanoTime() - lastNs < LAST_ANSWER.toNanos()) {
                Optional<PacketSocket.Frame> frame = socket.receive(Duration.ofMillis(100));
                if (frame.isPresent()
                        && !frame.get().outgoing()
                        && take(frame.get().bytes())) {
                    lastNs = System.nanoTime();
                }
            }
        } catch (HypervisorException e) {
            // Closed.
            stopping = true;
        }
    }

    /// @return whether it was the answer to a ping
    private boolean take(byte[] frame) throws HypervisorException {
        byte[] reply = frames.answer(frame);
        if (reply.length > 0) {
            socket.send(reply);
        }
        int number = frames.answered(frame, guest);
        if (number < 0 || number >= sent) {
            return false;
        }
        synchronized (answered) {
            duplicates += answered.get(number) ? 1 : 0;
            answered.set(number);
        }
        return true;
    }

    @Override
    public void close() {
        stopping = true;
        socket.close();
    }
}
