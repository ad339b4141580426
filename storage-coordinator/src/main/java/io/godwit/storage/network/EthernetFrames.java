package io.godwit.storage.network;

import java.nio.ByteBuffer;

/// Frames byte by byte: the parts that announcements and questions have in common.
///
/// ARP over Ethernet (RFC 826):
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-------------------------------+-------------------------------+
/// |   hardware type 1, Ethernet   |     protocol type 0x0800      |
/// +---------------+---------------+-------------------------------+
/// | hw length 6   | addr length 4 |  1 for request, 2 for reply   |
/// +---------------+---------------+-------------------------------+
/// |                  sender MAC (6), sender IP (4)                |
/// |                  target MAC (6), target IP (4)                |
/// +---------------------------------------------------------------+
/// ```
final class EthernetFrames {
    static final int HEADER_BYTES = 14;
    static final int ARP_BYTES = 28;
    static final int IPV6_BYTES = 40;
    static final short ETHERTYPE_ARP = 0x0806;
    static final short ETHERTYPE_IPV6 = (short) 0x86dd;
    static final short ARP_REQUEST = 1;
    static final short ARP_REPLY = 2;
    static final byte NEXT_HEADER_ICMPV6 = 58;

    /// Receivers drop neighbour discovery that a router could have forwarded.
    static final byte HOP_LIMIT = (byte) 255;

    /// The first six bytes of every ARP message for IPv4 over Ethernet.
    static final long ARP_OVER_ETHERNET = 0x0001_0800_0604L;

    static final byte[] NO_MAC = new byte[MacAddress.BYTES];

    private static final byte[] BROADCAST = {-1, -1, -1, -1, -1, -1};
    private static final int IPV6_ADDRESSES = HEADER_BYTES + 8;
    private static final int ICMPV6_CHECKSUM = HEADER_BYTES + IPV6_BYTES + 2;

    private EthernetFrames() {}

    static byte[] arp(short operation, byte[] mac, byte[] address, byte[] targetMac, byte[] targetAddress) {
        byte[] frame = new byte[HEADER_BYTES + ARP_BYTES];
        ethernet(frame, BROADCAST, mac, ETHERTYPE_ARP)
                .putShort((short) 1)
                .putShort((short) 0x0800)
                .put((byte) MacAddress.BYTES)
                .put((byte) 4)
                .putShort(operation)
                .put(mac)
                .put(address)
                .put(targetMac)
                .put(targetAddress);
        return frame;
    }

    /// @param message from its type on, its checksum zero
    static byte[] icmpv6(byte[] targetMac, byte[] mac, byte[] address, byte[] targetAddress, byte[] message) {
        byte[] frame = new byte[HEADER_BYTES + IPV6_BYTES + message.length];
        ByteBuffer fields = ethernet(frame, targetMac, mac, ETHERTYPE_IPV6)
                .putInt(6 << 28)
                .putShort((short) message.length)
                .put(NEXT_HEADER_ICMPV6)
                .put(HOP_LIMIT)
                .put(address)
                .put(targetAddress)
                .put(message);
        fields.putShort(ICMPV6_CHECKSUM, checksum(fields, message.length));
        return frame;
    }

    private static ByteBuffer ethernet(byte[] frame, byte[] destination, byte[] mac, short etherType) {
        return ByteBuffer.wrap(frame).put(destination).put(mac).putShort(etherType);
    }

    /// The Internet checksum over both IPv6 addresses, the message's length and protocol, and the message, whose own
    /// checksum field is zero as yet.
    private static short checksum(ByteBuffer frame, int messageBytes) {
        long sum = (long) messageBytes + NEXT_HEADER_ICMPV6;
        for (int i = IPV6_ADDRESSES; i < frame.capacity(); i += 2) {
            sum += frame.getShort(i) & 0xffff;
        }
        while (sum >> 16 != 0) {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        return (short) ~sum;
    }
}
