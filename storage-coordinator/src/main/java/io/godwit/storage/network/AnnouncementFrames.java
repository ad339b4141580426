package io.godwit.storage.network;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;

/// The Ethernet frames that announce an address.
///
/// Gratuitous ARP (RFC 5227, RFC 826), in which sender and target are the same address, sent as a request and as a
/// reply because some receivers heed only one. Unsolicited neighbour advertisement (RFC 4861) to all nodes, with the
/// Override flag so that caches change at once:
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
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
    private static final int ADVERTISEMENT_BYTES = 32;
    private static final byte NEIGHBOUR_ADVERTISEMENT = (byte) 136;
    private static final int FLAG_OVERRIDE = 0x2000_0000;
    private static final byte OPTION_TARGET_LINK_LAYER = 2;
    private static final byte[] ALL_NODES_MAC = {0x33, 0x33, 0, 0, 0, 1};
    private static final byte[] ALL_NODES = {(byte) 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

    private AnnouncementFrames() {}

    /// @return the frames of one announcement, in the order to be sent
    static List<byte[]> of(byte[] mac, InetAddress address) {
        byte[] bytes = address.getAddress();
        return address instanceof Inet4Address
                ? List.of(
                        EthernetFrames.arp(EthernetFrames.ARP_REQUEST, mac, bytes, EthernetFrames.NO_MAC, bytes),
                        EthernetFrames.arp(EthernetFrames.ARP_REPLY, mac, bytes, mac, bytes))
                : List.of(advertisement(mac, bytes));
    }

    private static byte[] advertisement(byte[] mac, byte[] address) {
        byte[] message = ByteBuffer.allocate(ADVERTISEMENT_BYTES)
                .put(NEIGHBOUR_ADVERTISEMENT)
                .position(4)
                .putInt(FLAG_OVERRIDE)
                .put(address)
                .put(OPTION_TARGET_LINK_LAYER)
                .put((byte) 1)
                .put(mac)
                .array();
        return EthernetFrames.icmpv6(ALL_NODES_MAC, mac, address, ALL_NODES, message);
    }
}
