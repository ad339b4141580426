package io.godwit.storage;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.UUID;

/// What an [ImageStore] is asked about: one guest's images in one epoch, for one reason.
///
/// @param epoch  of the owner record in which the guest writes these images
/// @param cause  tells two attempts at the same epoch apart: the migration that leads to it, or [#startCause]
/// @param images absolute paths of the images the guest writes; may be empty
public record ImageGrant(String guest, long epoch, UUID cause, Set<String> images) {
    public static final int IMAGES_MAX = 64;

    public ImageGrant {
        images = Set.copyOf(images);
        if (epoch < 1) {
            throw new IllegalArgumentException("An epoch is at least 1: " + epoch);
        }
        if (images.size() > IMAGES_MAX) {
            throw new IllegalArgumentException("More than " + IMAGES_MAX + " images: " + images.size());
        }
    }

    /// The cause of an epoch that began with a start on `host`, restarts and failovers among them. A start has no
    /// name of its own, and needs none: the owner record gives an epoch to one host only.
    public static UUID startCause(String guest, String host, long epoch) {
        return UUID.nameUUIDFromBytes((guest + "\0" + host + "\0" + epoch).getBytes(StandardCharsets.UTF_8));
    }
}
