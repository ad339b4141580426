package io.godwit.storage;

import java.util.Set;

/// What changes owner together with a guest, in the same ZooKeeper `multi`.
///
/// @param images     absolute paths of images the guest writes
/// @param addresses  IP literals the guest answers on
public record Claims(Set<String> images, Set<String> addresses) {
    public static final Claims NONE = new Claims(Set.of(), Set.of());

    public Claims {
        images = Set.copyOf(images);
        addresses = Set.copyOf(addresses);
    }
}
