package io.godwit.agent.guestfile;

import io.godwit.shim.GuestSpec.Nic;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One entry of `vif`: `mac=00:16:3e:..., bridge=br0, ip=192.0.2.10 2001:db8::10`. An empty entry is a card with a
/// derived MAC on the host's bridge, as in old Xen files.
final class NicReader {
    /// QEMU's own prefix, of the locally administered kind.
    private static final String MAC_PREFIX = "52:54:00";

    private static final Pattern DOTTED_QUAD = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

    private NicReader() {}

    /// @param index  from 0, among the guest's network cards
    /// @return null where the entry cannot be used; the reason is noted
    static @Nullable Nic read(int line, String entry, String guest, int index, Notes notes) {
        String mac = derivedMac(guest, index);
        String bridge = null;
        List<String> addresses = new ArrayList<>();
        boolean good = true;
        for (String field : entry.split(",", -1)) {
            if (field.isBlank()) {
                continue;
            }
            int equals = field.indexOf('=');
            if (equals < 0) {
                notes.mistake(line, "vif: expected key=value, found: " + field.strip());
                good = false;
                continue;
            }
            String value = field.substring(equals + 1).strip();
            String key = field.substring(0, equals).strip();
            switch (key) {
                case "mac" -> mac = value.toLowerCase(Locale.ROOT).replace('-', ':');
                case "bridge" -> bridge = value;
                case "ip" -> good &= addresses(line, value, addresses, notes);
                default -> notes.warning(line, "vif: " + key + " means nothing to Godwit and is ignored");
            }
        }
        if (!good) {
            return null;
        }
        try {
            return new Nic(mac, bridge, addresses);
        } catch (IllegalArgumentException e) {
            notes.mistake(line, "vif: " + e.getMessage());
            return null;
        }
    }

    /// The same name and position give the same address on every host and at every start, so that a file without
    /// `mac` does not change a guest's network when it is created anew.
    static String derivedMac(String guest, int index) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest((guest + "\0" + index).getBytes(StandardCharsets.UTF_8));
            HexFormat hex = HexFormat.ofDelimiter(":");
            return MAC_PREFIX + ":" + hex.formatHex(hash, 0, 3);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    private static boolean addresses(int line, String value, List<String> addresses, Notes notes) {
        boolean good = true;
        for (String word : value.split("\\s+", -1)) {
            String address = word.isEmpty() ? "" : address(word);
            if (address == null) {
                notes.mistake(line, "vif: expected IP addresses divided by spaces, found: " + word);
                good = false;
            } else if (!address.isEmpty()) {
                addresses.add(address);
            }
        }
        return good;
    }

    /// One spelling an address, for it is also the name of the record that says whose it is.
    private static @Nullable String address(String word) {
        boolean ipv4 = DOTTED_QUAD.matcher(word).matches();
        if (!ipv4 && !IPV6.matcher(word).matches()) {
            return null;
        }
        try {
            InetAddress address = InetAddress.ofLiteral(word);
            boolean usable =
                    !address.isAnyLocalAddress() && !address.isMulticastAddress() && !address.isLoopbackAddress();
            // An IPv4 address in IPv6 clothes would be a second name for the same thing.
            return usable && address instanceof Inet4Address == ipv4 ? address.getHostAddress() : null;
        } catch (IllegalArgumentException _) {
            return null;
        }
    }
}
