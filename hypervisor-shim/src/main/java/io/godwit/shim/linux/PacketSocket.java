package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.godwit.shim.HypervisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;

/// Sends and sees whole Ethernet frames on one interface of the namespace of the thread that opened it. Safe for
/// use by several threads.
public final class PacketSocket implements AutoCloseable {
    /// The largest frame the kernel hands over: an IP packet of 64 KiB not yet cut into segments, with headers.
    public static final int FRAME_BYTES_MAX = (64 << 10) + 256;

    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW = 3;
    private static final int SOCK_CLOEXEC = 02000000;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_VNET_HDR = 15;
    private static final short ETH_P_ALL_BIG_ENDIAN = 0x0300;
    private static final byte PACKET_OUTGOING = 4;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_TRUNC = 0x20;
    private static final int SOCKADDR_LL_BYTES = 20;
    private static final int SLL_PROTOCOL = 2;
    private static final int SLL_IFINDEX = 4;
    private static final int SLL_PKTTYPE = 10;
    private static final int POLL_MS_MAX = 200;

    private final String interfaceName;
    private final FileHandle handle;

    private PacketSocket(String interfaceName, FileHandle handle) {
        this.interfaceName = interfaceName;
        this.handle = handle;
    }

    /// What the socket is for.
    public enum Mode {
        /// Sends; [#receive] sees nothing.
        SEND,
        /// As SEND, but every frame is preceded by the 10 bytes of a virtio network header, see
        /// CAPTURE_WITH_OFFLOADS.
        SEND_WITH_OFFLOADS,
        /// Sends, and sees every frame that passes the interface in either direction.
        CAPTURE,
        /// As CAPTURE, but every frame, sent or seen, is preceded by the 10 bytes of a virtio network header. It
        /// carries what the sender left to its card: a checksum to be filled in, a packet to be cut. Without
        /// it, frames between guests and programs of one host would be forwarded with wrong checksums.
        CAPTURE_WITH_OFFLOADS
    }

    /// @param outgoing the host handed the frame to the interface; on a tap: it goes to the guest
    @SuppressWarnings("ArrayRecordComponent") // a frame in passing, never compared
    public record Frame(boolean outgoing, byte[] bytes) {}

    public static PacketSocket open(String interfaceName, Mode mode) throws HypervisorException {
        boolean offloads = mode == Mode.SEND_WITH_OFFLOADS || mode == Mode.CAPTURE_WITH_OFFLOADS;
        boolean capture = mode == Mode.CAPTURE || mode == Mode.CAPTURE_WITH_OFFLOADS;
        return new PacketSocket(interfaceName, openHandle(interfaceName, offloads, capture, (_, _) -> {}));
    }

    /// More to be set before the socket sees its first frame.
    interface Preparation {
        void prepare(FileHandle handle, Arena arena) throws HypervisorException;
    }

    static FileHandle openHandle(String interfaceName, boolean offloads, boolean capture, Preparation preparation)
            throws HypervisorException {
        int index = NetworkInterfaces.index(interfaceName)
                .orElseThrow(() -> new HypervisorException("There is no network interface " + interfaceName));
        // Protocol 0 at first: with another one the socket would see all interfaces until it is bound.
        int fd = Libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0).intOrThrow("Could not open a packet socket");
        FileHandle handle = new FileHandle("packet socket on " + interfaceName, fd);
        try (Arena arena = Arena.ofConfined()) {
            if (offloads) {
                MemorySegment on = arena.allocate(JAVA_INT);
                on.set(JAVA_INT, 0, 1);
                handle.call(descriptor -> Libc.setsockopt(descriptor, SOL_PACKET, PACKET_VNET_HDR, on))
                        .orThrow("Could not ask for virtio headers on " + interfaceName);
            }
            preparation.prepare(handle, arena);
            MemorySegment address = arena.allocate(SOCKADDR_LL_BYTES, 4);
            address.set(JAVA_SHORT, 0, (short) AF_PACKET);
            address.set(JAVA_SHORT, SLL_PROTOCOL, capture ? ETH_P_ALL_BIG_ENDIAN : 0);
            address.set(JAVA_INT, SLL_IFINDEX, index);
            handle.call(descriptor -> Libc.bindSocket(descriptor, address))
                    .orThrow("Could not bind a packet socket to " + interfaceName);
            return handle;
        } catch (HypervisorException | RuntimeException e) {
            handle.close();
            throw e;
        }
    }

    /// Sends one frame, Ethernet header included. Blocks no longer than the interface's queue is full.
    public void send(byte[] frame) throws HypervisorException {
        send(frame, 0).orThrow("Could not send a frame on " + interfaceName);
    }

    /// As [#send], but never blocks.
    ///
    /// @return false if there is no room now
    boolean trySend(byte[] frame) throws HypervisorException {
        CallResult sent = send(frame, MSG_DONTWAIT);
        if (sent.failedWith(Errno.EAGAIN) || sent.failedWith(Errno.ENOBUFS)) {
            return false;
        }
        sent.orThrow("Could not send a frame on " + interfaceName);
        return true;
    }

    private CallResult send(byte[] frame, int flags) throws HypervisorException {
        if (frame.length > FRAME_BYTES_MAX) {
            throw new HypervisorException("Frame is larger than " + FRAME_BYTES_MAX + " bytes: " + frame.length);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(Math.max(1, frame.length));
            MemorySegment.copy(frame, 0, bytes, JAVA_BYTE, 0, frame.length);
            return handle.call(fd -> Libc.send(fd, bytes.asSlice(0, frame.length), flags));
        }
    }

    /// Waits for a frame; empty after the timeout. Holds a platform thread while it waits.
    public Optional<Frame> receive(Duration timeout) throws HypervisorException {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(FRAME_BYTES_MAX);
            MemorySegment from = arena.allocate(SOCKADDR_LL_BYTES, 4);
            MemorySegment fromLength = arena.allocate(JAVA_INT);
            while (true) {
                fromLength.set(JAVA_INT, 0, SOCKADDR_LL_BYTES);
                CallResult received =
                        handle.call(fd -> Libc.recvfrom(fd, buffer, MSG_DONTWAIT | MSG_TRUNC, from, fromLength));
                if (received instanceof CallResult.Value(long length) && length <= FRAME_BYTES_MAX) {
                    byte[] bytes = buffer.asSlice(0, length).toArray(JAVA_BYTE);
                    return Optional.of(new Frame(from.get(JAVA_BYTE, SLL_PKTTYPE) == PACKET_OUTGOING, bytes));
                }
                if (received.failedWith(Errno.EAGAIN) && !waitForFrame(deadlineNs)) {
                    return Optional.empty();
                }
                if (!received.failedWith(Errno.EAGAIN) && !received.failedWith(Errno.EINTR)) {
                    received.orThrow("Could not receive frames on " + interfaceName);
                }
            }
        }
    }

    /// Waits in short slices, for [#close] has to wait until the descriptor is not in use.
    private boolean waitForFrame(long deadlineNs) throws HypervisorException {
        long leftMs = (deadlineNs - System.nanoTime() + 999_999) / 1_000_000;
        if (leftMs <= 0) {
            return false;
        }
        CallResult polled = handle.call(fd -> Libc.pollIn(fd, (int) Math.min(leftMs, POLL_MS_MAX)));
        if (!polled.failedWith(Errno.EINTR)) {
            polled.orThrow("Could not wait for frames on " + interfaceName);
        }
        return true;
    }

    @Override
    public void close() {
        handle.close();
    }
}
