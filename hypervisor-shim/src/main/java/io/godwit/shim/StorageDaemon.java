package io.godwit.shim;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;

/// A process that opens images and serves them to other hosts, in exports that can be taken away one by one. It
/// outlives whoever holds it. Safe for use by several threads.
///
/// Several exports may serve one image at a time: it is opened once, so what one of them has written the others read.
public interface StorageDaemon extends AutoCloseable {

    /// Makes an export, and opens the image for it if no other has. On failure nobody knows whether the export is
    /// there, but [#exports] tells.
    void add(Image image, String export) throws HypervisorException;

    /// Cuts the export's connections. Completes once its last request has ended and it is gone; fails if that cannot
    /// be known any more. An export that is not there completes at once.
    CompletableFuture<Void> remove(String export);

    /// Closes an image that has no export any more. Does nothing if it is not open.
    void release(Image image) throws HypervisorException;

    /// The exports there are, those that are being removed among them, each with the key of its image.
    Map<String, String> exports() throws HypervisorException;

    /// Completes when this holder has lost the daemon: it has ended, or does not answer.
    CompletableFuture<Void> lost();

    long pid();

    /// Lets go of the daemon, which goes on.
    @Override
    void close();

    /// One image.
    ///
    /// @param key  what the daemon calls it: at most 24 lower-case letters and digits, one a path
    record Image(String key, Path path, GuestSpec.Disk.Format format) {
        private static final Pattern KEY = Pattern.compile("[a-z0-9]{1,24}");

        public Image {
            if (!KEY.matcher(key).matches()) {
                throw new IllegalArgumentException("Not an image's key: " + key);
            }
            if (!path.isAbsolute()) {
                throw new IllegalArgumentException("An image's path is not absolute: " + path);
            }
        }
    }
}
