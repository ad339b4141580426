package io.godwit.storage.zookeeper;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;

/// Turns names of guests, hosts, images and addresses into names of nodes and back.
///
/// A node's name may hold neither `/` nor control characters and be neither `.` nor `..`, while an image is known by
/// its path. So everything but letters, digits, `_`, `-`, `:` and inner dots is written as `%XX`, as in a URL: nothing
/// is lost, two names never share a node, and an operator with a plain ZooKeeper shell still reads the path. A
/// digest would be shorter but would have to carry the path beside it and could not be read.
final class NodeNames {
    static final int NAME_BYTES_MAX = 255;
    static final int PATH_BYTES_MAX = 4096;

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private NodeNames() {}

    /// @throws IllegalArgumentException if the name is empty, too long or holds control characters
    static String checkName(String what, String name) {
        return check(what, name, NAME_BYTES_MAX);
    }

    /// @return the path without `.`, `..` and double slashes, so that one image has one name
    /// @throws IllegalArgumentException if it is not an absolute path or too long
    static String canonicalImage(String image) {
        check("image path", image, PATH_BYTES_MAX);
        Path path = Path.of(image);
        if (!path.isAbsolute()) {
            throw new IllegalArgumentException("An image path is not absolute: " + image);
        }
        return path.normalize().toString();
    }

    /// @return the one spelling of the address
    /// @throws IllegalArgumentException if it is no IP literal
    static String canonicalAddress(String address) {
        check("address", address, NAME_BYTES_MAX);
        if (address.indexOf('%') >= 0) {
            throw new IllegalArgumentException("An address carries a zone, which means nothing elsewhere: " + address);
        }
        return InetAddress.ofLiteral(address).getHostAddress();
    }

    static String encode(String name) {
        StringBuilder node = new StringBuilder(name.length() + 16);
        boolean inner = false;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (plain || c == '_' || c == '-' || c == ':' || (c == '.' && inner)) {
                node.append(c);
            } else {
                node.append('%').append(HEX.toHexDigits(b));
            }
            inner = true;
        }
        return node.toString();
    }

    /// @throws IllegalArgumentException if [#encode] cannot have made this
    static String decode(String node) {
        byte[] bytes = new byte[node.length()];
        int length = 0;
        for (int i = 0; i < node.length(); i++) {
            char c = node.charAt(i);
            if (c == '%' && i + 2 < node.length()) {
                bytes[length++] = (byte) HexFormat.fromHexDigits(node, i + 1, i + 3);
                i += 2;
            } else if (c == '%' || c > 0x7e) {
                throw new IllegalArgumentException("A node's name is none of ours: " + node);
            } else {
                bytes[length++] = (byte) c;
            }
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private static String check(String what, String name, int bytesMax) {
        if (name.isBlank() || name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("A " + what + " is empty or holds control characters");
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > bytesMax) {
            throw new IllegalArgumentException(
                    "A " + what + " is longer than " + bytesMax + " bytes: " + name.substring(0, 64) + "...");
        }
        return name;
    }
}
