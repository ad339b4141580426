package io.godwit.storage.network;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;

/// The Ethernet frames that announce an address.
///
/// Gratuitous ARP (RFC 5227, RFC 826), sent as a request and as a reply because some receivers heed only one:
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-------------------------------+-------------------------------+
/// |   hardware type 1, Ethernet   |     protocol type 0x0800      |
/// +---------------+---------------+-------------------------------+
/// | hw length 6   | addr length 4 |  1 for request, 2 for reply   |
/// +---------------+---------------+-------------------------------+
/// |                  sender MAC (6), sender IP (4)                |
/// |         target MAC (6), target IP (4) = sender IP             |
/// +---------------------------------------------------------------+
/// ```
/// Unsolicited neighbour advertisement (RFC 4861) to all nodes, with the Override flag so that caches change at once:
/// ```
/// +---------------+---------------+-------------------------------+
/// |   type 136    |    code 0     |           checksum            |
/// +-+-+-+---------+---------------+-------------------------------+
/// |0|0|1|                     reserved                            |
/// +-+-+-+---------------------------------------------------------+
/// |                     target address (16)                       |
/// +---------------+---------------+-------------------------------+
/// |  option 2     |  length 1     |           MAC (6)             |
/// +---------------+---------------+-------------------------------+
/// ```
final class AnnouncementFrames {
    private static final int ETHERNET_BYTES = 14;
    private static final int ARP_BYTES = 28;
    private static final int IPV6_BYTES = 40;
    private static final int ADVERTISEMENT_BYTES = 32;

    private static final short ETHERTYPE_ARP = 0x0806;
    private static final short ETHERTYPE_IPV6 = (short) 0x86dd;
    private static final short ARP_REQUEST = 1;
    private static final short ARP_REPLY = 2;
    private static final byte NEXT_HEADER_ICMPV6 = 58;
    private static final byte NEIGHBOUR_ADVERTISEMENT = (byte) 136;
    private static final int FLAG_OVERRIDE = 0x2000_0000;
    private static final byte OPTION_TARGET_LINK_LAYER = 2;

    private static final byte[] BROADCAST = {-1, -1, -1, -1, -1, -1};
    private static final byte[] NO_MAC = new byte[MacAddress.BYTES];
    private static final byte[] ALL_NODES_MAC = {0x33, 0x33, 0, 0, 0, 1};
    private static final byte[] ALL_NODES = {(byte) 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

    private AnnouncementFrames() {}

    /// @return the frames of one announcement, in the order to be sent
    static List<byte[]> of(byte[] mac, InetAddress address) {
        byte[] bytes = address.getAddress();
        return address instanceof Inet4Address
                ? List.of(arp(ARP_REQUEST, mac, NO_MAC, bytes), arp(ARP_REPLY, mac, mac, bytes))
                : List.of(advertisement(mac, bytes));
    }

    private static byte[] arp(short operation, byte[] mac, byte[] targetMac, byte[] address) {
        byte[] frame = new byte[ETHERNET_BYTES + ARP_BYTES];
        ethernet(frame, BROADCAST, mac, ETHERTYPE_ARP)
                .putShort((short) 1)
                .putShort((short) 0x0800)
                .put((byte) MacAddress.BYTES)
                .put((byte) 4)
                .putShort(operation)
                .put(mac)
                .put(address)
                .put(targetMac)
                .put(address);
        return frame;
    }

    private static byte[] advertisement(byte[] mac, byte[] address) {
        byte[] frame = new byte[ETHERNET_BYTES + IPV6_BYTES + ADVERTISEMENT_BYTES];
        ByteBuffer fields = ethernet(frame, ALL_NODES_MAC, mac, ETHERTYPE_IPV6)
                .putInt(6 << 28)
                .putShort((short) ADVERTISEMENT_BYTES)
                .put(NEXT_HEADER_ICMPV6)
                // Receivers drop neighbour discovery that a router could have forwarded.
                .put((byte) 255)
                .put(address)
                .put(ALL_NODES)
                .put(NEIGHBOUR_ADVERTISEMENT)
                .put((byte) 0)
                .putShort((short) 0)
                .putInt(FLAG_OVERRIDE)
                .put(address)
                .put(OPTION_TARGET_LINK_LAYER)
                .put((byte) 1)
                .put(mac);
        fields.putShort(ETHERNET_BYTES + IPV6_BYTES + 2, icmpv6Checksum(fields));
        return frame;
    }

    private static ByteBuffer ethernet(byte[] frame, byte[] destination, byte[] mac, short etherType) {
        return ByteBuffer.wrap(frame).put(destination).put(mac).putShort(etherType);
    }

    /// The Internet checksum over both IPv6 addresses, the message's length and protocol, and the message, whose own
    /// checksum field is zero as yet.
    private static short icmpv6Checksum(ByteBuffer frame) {
        int addresses = ETHERNET_BYTES + 8;
        long sum = ADVERTISEMENT_BYTES + NEXT_HEADER_ICMPV6;
        for (int i = addresses; i < frame.capacity(); i += 2) {
            sum += frame.getShort(i) & 0xffff;
        }
        while (sum >> 16 != 0) {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        return (short) ~sum;
    }
}
