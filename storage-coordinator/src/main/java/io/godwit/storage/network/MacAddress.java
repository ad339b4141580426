package io.godwit.storage.network;

import java.util.HexFormat;

/// The six bytes of an Ethernet address.
final class MacAddress {
    static final int BYTES = 6;

    private static final HexFormat COLONS = HexFormat.ofDelimiter(":");

    private MacAddress() {}

    /// @throws IllegalArgumentException if this is not six bytes in hexadecimal with colons, or a group address
    static byte[] parse(String mac) {
        byte[] bytes;
        try {
            bytes = COLONS.parseHex(mac);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("Not a MAC address: " + mac, e);
        }
        if (bytes.length != BYTES || (bytes[0] & 1) != 0) {
            throw new IllegalArgumentException("Not the MAC address of one network card: " + mac);
        }
        return bytes;
    }
}
