package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.godwit.shim.GuestFrame;
import io.godwit.shim.HypervisorException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/// Sees every frame that the host sends to one interface, before the interface's own queue. Frames that come
/// from the interface are filtered out in the kernel.
///
/// A frame is read whole: the kernel keeps a VLAN tag beside the frame, and what was left to the card (a
/// checksum, the cutting of a large packet) too. The tag is put back, the rest is told in the virtio network
/// header.
///
/// Not safe for use by several threads.
///
/// Source: `packet(7)`, `linux/if_packet.h`, `linux/filter.h`.
final class OutgoingFrames implements AutoCloseable {
    private static final int SOL_SOCKET = 1;
    private static final int SO_ATTACH_FILTER = 26;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_STATISTICS = 6;
    private static final int PACKET_AUXDATA = 8;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_TRUNC = 0x20;
    private static final int RECEIVE_BYTES = 16 << 20;
    /// `struct msghdr`, and where its fields are.
    private static final int MSGHDR_BYTES = 56;

    private static final int MSG_IOV = 16;
    private static final int MSG_IOVLEN = 24;
    private static final int MSG_CONTROL = 32;
    private static final int MSG_CONTROLLEN = 40;
    /// `struct cmsghdr`, then `struct tpacket_auxdata`.
    private static final int CONTROL_BYTES = 64;

    private static final int CMSG_DATA = 16;
    private static final int AUX_STATUS = CMSG_DATA;
    private static final int AUX_VLAN_TCI = CMSG_DATA + 16;
    private static final int AUX_VLAN_TPID = CMSG_DATA + 18;
    private static final int VLAN_VALID = 1 << 4;
    private static final int VLAN_TPID_VALID = 1 << 6;
    private static final short TPID_DEFAULT = (short) 0x8100;
    static final int ADDRESSES_BYTES = 12;
    private static final int TAG_BYTES = 4;
    private static final byte NEEDS_CHECKSUM = 1;
    private static final int HEADER_GSO_TYPE = 1;
    private static final int HEADER_LENGTH = 2;
    private static final int HEADER_CHECKSUM_START = 6;
    private static final int BUFFER_BYTES = GuestFrame.BYTES_MAX - TAG_BYTES;
    private static final int POLL_MS_MAX = 20;

    private final String interfaceName;
    private final FileHandle handle;
    private final Arena arena;
    private final MemorySegment buffer;
    private final MemorySegment message;
    private final MemorySegment control;
    private final MemorySegment statistics;
    private long unreadable;

    private OutgoingFrames(String interfaceName, FileHandle handle) {
        this.interfaceName = interfaceName;
        this.handle = handle;
        this.arena = Arena.ofShared();
        this.buffer = arena.allocate(BUFFER_BYTES, 8);
        this.control = arena.allocate(CONTROL_BYTES, 8);
        this.statistics = arena.allocate(JAVA_INT, 3);
        this.message = arena.allocate(MSGHDR_BYTES, 8);
        MemorySegment vector = arena.allocate(16, 8);
        vector.set(ADDRESS, 0, buffer);
        vector.set(JAVA_LONG, 8, BUFFER_BYTES);
        message.set(ADDRESS, MSG_IOV, vector);
        message.set(JAVA_LONG, MSG_IOVLEN, 1);
        message.set(ADDRESS, MSG_CONTROL, control);
    }

    /// @param interfaceName in the namespace of the calling thread
    static OutgoingFrames open(String interfaceName) throws HypervisorException {
        FileHandle handle = PacketSocket.openHandle(interfaceName, true, true, OutgoingFrames::prepare);
        return new OutgoingFrames(interfaceName, handle);
    }

    private static void prepare(FileHandle handle, Arena arena) throws HypervisorException {
        MemorySegment number = arena.allocate(JAVA_INT);
        number.set(JAVA_INT, 0, 1);
        handle.call(fd -> Libc.setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, number))
                .orThrow("Could not ask for the VLAN tags of frames");
        number.set(JAVA_INT, 0, RECEIVE_BYTES);
        handle.call(fd -> Libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, number))
                .orThrow("Could not make room for frames");
        MemorySegment filter = outgoingOnly(arena);
        handle.call(fd -> Libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, filter))
                .orThrow("Could not filter frames");
    }

    /// `ld pkttype; jeq PACKET_OUTGOING; ret all; ret none`, as `struct sock_fprog`.
    private static MemorySegment outgoingOnly(Arena arena) {
        long[][] program = {{0x20, 0, 0, 0xfffff004L}, {0x15, 0, 1, 4}, {0x06, 0, 0, 0x40000}, {0x06, 0, 0, 0}};
        MemorySegment code = arena.allocate(8L * program.length, 8);
        for (int i = 0; i < program.length; i++) {
            long at = 8L * i;
            code.set(JAVA_SHORT_UNALIGNED, at, (short) program[i][0]);
            code.set(JAVA_BYTE, at + 2, (byte) program[i][1]);
            code.set(JAVA_BYTE, at + 3, (byte) program[i][2]);
            code.set(JAVA_INT, at + 4, (int) program[i][3]);
        }
        MemorySegment description = arena.allocate(16, 8);
        description.set(JAVA_SHORT_UNALIGNED, 0, (short) program.length);
        description.set(ADDRESS, 8, code);
        return description;
    }

    /// Waits, 20 ms at most, until there may be a frame. Holds a platform thread while it waits.
    void awaitFrame() throws HypervisorException {
        CallResult polled = handle.call(fd -> Libc.pollIn(fd, POLL_MS_MAX));
        if (!polled.failedWith(Errno.EINTR)) {
            polled.orThrow("Could not wait for frames on " + interfaceName);
        }
    }

    /// The next frame that has been sent.
    ///
    /// @return null if there is none now
    byte @Nullable [] next() throws HypervisorException {
        while (true) {
            message.set(JAVA_LONG, MSG_CONTROLLEN, CONTROL_BYTES);
            control.set(JAVA_INT, AUX_STATUS, 0);
            CallResult received = handle.call(fd -> Libc.recvmsg(fd, message, MSG_DONTWAIT | MSG_TRUNC));
            if (received instanceof CallResult.Value(long length)) {
                if (length >= GuestFrame.BYTES_MIN && length <= BUFFER_BYTES) {
                    return whole((int) length);
                }
                unreadable++;
            } else if (received.failedWith(Errno.EINVAL)) {
                // A packet whose cutting a virtio header cannot tell.
                unreadable++;
            } else if (received.failedWith(Errno.EAGAIN)) {
                return null;
            } else if (!received.failedWith(Errno.EINTR)) {
                received.orThrow("Could not receive frames on " + interfaceName);
            }
        }
    }

    private byte[] whole(int length) {
        int status = control.get(JAVA_INT, AUX_STATUS);
        if (message.get(JAVA_LONG, MSG_CONTROLLEN) < CMSG_DATA + 20 || (status & VLAN_VALID) == 0) {
            return buffer.asSlice(0, length).toArray(JAVA_BYTE);
        }
        short type = (status & VLAN_TPID_VALID) == 0 ? TPID_DEFAULT : control.get(JAVA_SHORT_UNALIGNED, AUX_VLAN_TPID);
        return tagged(
                buffer.asSlice(0, length).toArray(JAVA_BYTE), type, control.get(JAVA_SHORT_UNALIGNED, AUX_VLAN_TCI));
    }

    /// A frame with its VLAN tag where it belongs; what counts from the frame's start counts on.
    static byte[] tagged(byte[] frame, short type, short tag) {
        int at = GuestFrame.HEADER_BYTES + ADDRESSES_BYTES;
        ByteBuffer whole = ByteBuffer.allocate(frame.length + TAG_BYTES)
                .put(frame, 0, at)
                .putShort(type)
                .putShort(tag)
                .put(frame, at, frame.length - at)
                .order(ByteOrder.nativeOrder());
        if ((whole.get(0) & NEEDS_CHECKSUM) != 0) {
            whole.putShort(HEADER_CHECKSUM_START, (short) (whole.getShort(HEADER_CHECKSUM_START) + TAG_BYTES));
        }
        if (whole.get(HEADER_GSO_TYPE) != 0) {
            whole.putShort(HEADER_LENGTH, (short) (whole.getShort(HEADER_LENGTH) + TAG_BYTES));
        }
        return whole.array();
    }

    /// Frames since the last call that were sent and could not be read.
    long missed() throws HypervisorException {
        handle.call(fd -> Libc.getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, statistics))
                .orThrow("Could not count frames on " + interfaceName);
        long missed = unreadable + Integer.toUnsignedLong(statistics.getAtIndex(JAVA_INT, 1));
        unreadable = 0;
        return missed;
    }

    @Override
    public void close() {
        handle.close();
        arena.close();
    }
}
