package io.godwit.storage;

/// How a host reaches an image.
public sealed interface ImageSource {

    /// By its path: the host sees the file itself.
    record File(String path) implements ImageSource {}

    /// Through an image server, over NBD, under a name that is good for one epoch and one cause.
    ///
    /// @param server  the name of the host that serves it, which its certificate proves
    /// @param address where that host is reached: a host name or IP literal
    record Export(String server, String address, int port, String name) implements ImageSource {}
}
