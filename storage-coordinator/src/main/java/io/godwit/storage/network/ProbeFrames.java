package io.godwit.storage.network;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/// The frames that ask for an address without claiming it, and those that answer.
///
/// An ARP probe (RFC 5227) is a request whose sender has no address yet, 0.0.0.0. A neighbour solicitation for the
/// same purpose (RFC 4862) comes from `::` and goes to the solicited-node group of its target:
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +---------------+---------------+-------------------------------+
/// |   type 135    |    code 0     |           checksum            |
/// +---------------+---------------+-------------------------------+
/// |                         reserved, zero                        |
/// +---------------------------------------------------------------+
/// |                      target address (16)                      |
/// +---------------------------------------------------------------+
/// ```
final class ProbeFrames {
    private static final int SOLICITATION_BYTES = 24;
    private static final byte NEIGHBOUR_SOLICITATION = (byte) 135;
    private static final byte NEIGHBOUR_ADVERTISEMENT = (byte) 136;
    private static final byte[] NO_IPV4 = new byte[4];
    private static final byte[] NO_IPV6 = new byte[16];
    private static final int SOLICITED_NODE_BYTES = 3;

    private static final int ARP_SENDER_MAC = EthernetFrames.HEADER_BYTES + 8;
    private static final int ARP_SENDER_ADDRESS = ARP_SENDER_MAC + MacAddress.BYTES;
    private static final int IPV6_NEXT_HEADER = EthernetFrames.HEADER_BYTES + 6;
    private static final int IPV6_HOP_LIMIT = EthernetFrames.HEADER_BYTES + 7;
    private static final int ICMPV6 = EthernetFrames.HEADER_BYTES + EthernetFrames.IPV6_BYTES;
    private static final int ICMPV6_TARGET = ICMPV6 + 8;

    private ProbeFrames() {}

    /// Who says that an address is its own.
    ///
    /// @param address the address's bytes, 4 or 16
    @SuppressWarnings("ArrayRecordComponent") // compared by content where it is used
    record Claim(byte[] address, byte[] mac) {}

    /// @param mac of the card that asks
    static byte[] probe(byte[] mac, InetAddress address) {
        byte[] bytes = address.getAddress();
        return address instanceof Inet4Address
                ? EthernetFrames.arp(EthernetFrames.ARP_REQUEST, mac, NO_IPV4, EthernetFrames.NO_MAC, bytes)
                : solicitation(mac, bytes);
    }

    /// @return who claims an address by this frame; empty for every other frame, also a malformed one
    static Optional<Claim> claim(byte[] frame) {
        if (frame.length < EthernetFrames.HEADER_BYTES) {
            return Optional.empty();
        }
        short etherType = ByteBuffer.wrap(frame).getShort(2 * MacAddress.BYTES);
        if (etherType == EthernetFrames.ETHERTYPE_ARP) {
            return arpClaim(frame);
        }
        return etherType == EthernetFrames.ETHERTYPE_IPV6 ? advertised(frame) : Optional.empty();
    }

    private static Optional<Claim> arpClaim(byte[] frame) {
        boolean overIpv4 = frame.length >= EthernetFrames.HEADER_BYTES + EthernetFrames.ARP_BYTES
                && ByteBuffer.wrap(frame).getLong(EthernetFrames.HEADER_BYTES) >>> 16
                        == EthernetFrames.ARP_OVER_ETHERNET;
        return overIpv4
                ? Optional.of(new Claim(
                        Arrays.copyOfRange(frame, ARP_SENDER_ADDRESS, ARP_SENDER_ADDRESS + NO_IPV4.length),
                        Arrays.copyOfRange(frame, ARP_SENDER_MAC, ARP_SENDER_ADDRESS)))
                : Optional.empty();
    }

    private static Optional<Claim> advertised(byte[] frame) {
        boolean advertisement = frame.length >= ICMPV6_TARGET + NO_IPV6.length
                && frame[IPV6_NEXT_HEADER] == EthernetFrames.NEXT_HEADER_ICMPV6
                && frame[IPV6_HOP_LIMIT] == EthernetFrames.HOP_LIMIT
                && frame[ICMPV6] == NEIGHBOUR_ADVERTISEMENT;
        return advertisement
                ? Optional.of(new Claim(
                        Arrays.copyOfRange(frame, ICMPV6_TARGET, ICMPV6_TARGET + NO_IPV6.length),
                        Arrays.copyOfRange(frame, MacAddress.BYTES, 2 * MacAddress.BYTES)))
                : Optional.empty();
    }

    private static byte[] solicitation(byte[] mac, byte[] target) {
        byte[] low = Arrays.copyOfRange(target, target.length - SOLICITED_NODE_BYTES, target.length);
        byte[] group = {(byte) 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, (byte) 0xff, low[0], low[1], low[2]};
        byte[] groupMac = {0x33, 0x33, (byte) 0xff, low[0], low[1], low[2]};
        byte[] message = ByteBuffer.allocate(SOLICITATION_BYTES)
                .put(NEIGHBOUR_SOLICITATION)
                .position(8)
                .put(target)
                .array();
        return EthernetFrames.icmpv6(groupMac, mac, NO_IPV6, group, message);
    }
}
