package io.godwit.agent.api;

import java.util.Map;

/// What an image server has granted.
///
/// @param port    of NBD, on the address of the serving host
/// @param exports names by the images' paths
public record ImagesView(int port, Map<String, String> exports) {
    public ImagesView {
        exports = Map.copyOf(exports);
    }
}
