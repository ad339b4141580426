package io.godwit.chaos.probe;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// Ethernet frames with a VLAN tag, as a prober speaks them that has no VLAN of its own: pings, and what is needed
/// to be found by the pinged.
///
/// Frames come in without their tag, which the kernel keeps elsewhere.
final class TaggedFrames {
    /// The smallest frame, with a tag, without checksum.
    private static final int FRAME_BYTES = 64;

    private static final int ARP_BYTES = 28;
    private static final int IP_BYTES = 20;
    private static final int ICMP_BYTES = 12;
    private static final short ARP = 0x0806;
    private static final short IPV4 = 0x0800;
    private static final byte ICMP = 1;
    private static final byte ECHO_REPLY = 0;
    private static final byte ECHO_REQUEST = 8;
    private static final byte[] EVERYBODY = {-1, -1, -1, -1, -1, -1};

    private final int vlan;
    private final byte[] mac;
    private final byte[] address;

    /// @param mac     of the prober
    /// @param address of the prober, IPv4
    TaggedFrames(int vlan, byte[] mac, byte[] address) {
        this.vlan = vlan;
        this.mac = mac.clone();
        this.address = address.clone();
    }

    /// Asks for an address, and tells the prober's own by the way.
    byte[] question(byte[] guest) {
        return arp(EVERYBODY, 1, new byte[6], guest);
    }

    /// The answer to somebody who asks for the prober; empty if the frame is something else.
    byte[] answer(byte[] frame) {
        ByteBuffer in = ByteBuffer.wrap(frame);
        boolean asked = frame.length >= 14 + ARP_BYTES
                && in.getShort(12) == ARP
                && in.getShort(20) == 1
                && Arrays.equals(frame, 38, 42, address, 0, 4);
        return asked
                ? arp(
                        Arrays.copyOfRange(frame, 22, 28),
                        2,
                        Arrays.copyOfRange(frame, 22, 28),
                        Arrays.copyOfRange(frame, 28, 32))
                : new byte[0];
    }

    private byte[] arp(byte[] to, int operation, byte[] targetMac, byte[] target) {
        return begin(ByteBuffer.allocate(FRAME_BYTES), to, ARP)
                .putShort((short) 1)
                .putShort(IPV4)
                .put((byte) 6)
                .put((byte) 4)
                .putShort((short) operation)
                .put(mac)
                .put(address)
                .put(targetMac)
                .put(target)
                .array();
    }

    byte[] ping(byte[] guestMac, byte[] guest, int number) {
        ByteBuffer frame = ByteBuffer.allocate(FRAME_BYTES);
        begin(frame, guestMac, IPV4);
        int ip = frame.position();
        frame.put((byte) 0x45)
                .put((byte) 0)
                .putShort((short) (IP_BYTES + ICMP_BYTES))
                .putInt(0)
                .put((byte) 64)
                .put(ICMP)
                .putShort((short) 0)
                .put(address)
                .put(guest);
        frame.putShort(ip + 10, checksum(frame, ip, IP_BYTES));
        int icmp = frame.position();
        frame.put(ECHO_REQUEST)
                .put((byte) 0)
                .putShort((short) 0)
                .putShort((short) 7)
                .putShort((short) number);
        frame.putInt(number);
        frame.putShort(icmp + 2, checksum(frame, icmp, ICMP_BYTES));
        return frame.array();
    }

    /// The number of the ping this frame answers; -1 if it answers none of ours.
    int answered(byte[] frame, byte[] guest) {
        ByteBuffer in = ByteBuffer.wrap(frame);
        boolean ours = frame.length >= 14 + IP_BYTES + ICMP_BYTES
                && in.getShort(12) == IPV4
                && frame[23] == ICMP
                && frame[34] == ECHO_REPLY
                && Arrays.equals(frame, 26, 30, guest, 0, 4)
                && Arrays.equals(frame, 30, 34, address, 0, 4);
        return ours ? in.getInt(42) : -1;
    }

    private ByteBuffer begin(ByteBuffer frame, byte[] to, short type) {
        return frame.put(to)
                .put(mac)
                .putShort((short) 0x8100)
                .putShort((short) vlan)
                .putShort(type);
    }

    private static short checksum(ByteBuffer in, int from, int bytes) {
        int sum = 0;
        for (int at = from; at < from + bytes; at += 2) {
            sum += Short.toUnsignedInt(in.getShort(at));
        }
        while (sum >> 16 != 0) {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        return (short) ~sum;
    }
}
