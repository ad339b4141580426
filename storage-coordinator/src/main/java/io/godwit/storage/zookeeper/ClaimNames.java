package io.godwit.storage.zookeeper;

import io.godwit.storage.Claims;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/// Gives images and addresses their one spelling, and keeps a guest's claims small enough for one ZooKeeper request.
final class ClaimNames {
    /// ZooKeeper refuses requests of more than 1 MiB by closing the connection, which looks like an outage. Each name
    /// stands in a request up to three times, encoded; a guest's record has the rest.
    static final int NAMES_BYTES_MAX = 32 * 1024;

    private ClaimNames() {}

    /// @throws IllegalArgumentException if a name is unusable, or there are too many
    static Claims canonical(Claims claims) {
        Set<String> images = new HashSet<>();
        Set<String> addresses = new HashSet<>();
        claims.images().forEach(image -> images.add(NodeNames.canonicalImage(image)));
        claims.addresses().forEach(address -> addresses.add(NodeNames.canonicalAddress(address)));
        if (images.size() > RecordFields.NAMES_MAX || addresses.size() > RecordFields.NAMES_MAX) {
            throw new IllegalArgumentException("A guest claims too many images or addresses, at most "
                    + RecordFields.NAMES_MAX + " each: " + images.size() + " and " + addresses.size());
        }
        int bytes = images.stream()
                .mapToInt(image -> image.getBytes(StandardCharsets.UTF_8).length)
                .sum();
        if (bytes > NAMES_BYTES_MAX) {
            throw new IllegalArgumentException("A guest's image paths are longer than " + NAMES_BYTES_MAX
                    + " bytes together: " + bytes + " bytes");
        }
        return new Claims(images, addresses);
    }
}
