package io.godwit.agent.api;

import java.util.List;

/// What a host asks of an image server.
///
/// @param guest  whose images they are
/// @param epoch  of the owner record in which the guest writes them; 0 where only the images are asked about
/// @param cause  a UUID that tells two attempts at one epoch apart; empty where the epoch is 0
/// @param images absolute paths
public record ImagesRequest(String guest, long epoch, String cause, List<String> images) {
    public static final int IMAGES_MAX = 64;
    private static final int PATH_CHARS_MAX = 1024;

    public ImagesRequest {
        images = List.copyOf(images);
        if (images.size() > IMAGES_MAX || images.stream().anyMatch(path -> path.length() > PATH_CHARS_MAX)) {
            throw new IllegalArgumentException("More than " + IMAGES_MAX + " images, or too long a path");
        }
        if (guest.length() > 63 || epoch < 0 || cause.length() > 36) {
            throw new IllegalArgumentException("No guest, no epoch or no cause: " + guest);
        }
    }
}
