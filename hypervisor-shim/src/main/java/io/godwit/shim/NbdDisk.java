package io.godwit.shim;

import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// An image that a host reaches over NBD instead of by its path. The server knows the image's format: what comes over
/// the wire is the disk's content.
///
/// @param address          the server's host name or IP literal
/// @param export           the name under which it serves the image
/// @param reconnectSeconds how long requests wait for a server that is away, before they fail. A writer that was
///                         fenced has its first request fail after this time, and the later ones at once
/// @param tls              null for a connection in the clear
public record NbdDisk(
        String address,
        int port,
        String export,
        int reconnectSeconds,
        @Nullable Tls tls) {
    public static final int RECONNECT_SECONDS_MAX = 300;

    private static final Pattern ADDRESS = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.-]{0,252}|[0-9A-Fa-f:.]{2,45}");
    private static final Pattern EXPORT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,126}");

    public NbdDisk {
        if (!ADDRESS.matcher(address).matches() || port < 1 || port > 65_535) {
            throw new IllegalArgumentException("Not where an image server can be: " + address + ":" + port);
        }
        if (!EXPORT.matcher(export).matches()) {
            throw new IllegalArgumentException("Not an export's name: " + export);
        }
        if (reconnectSeconds < 0 || reconnectSeconds > RECONNECT_SECONDS_MAX) {
            throw new IllegalArgumentException("Not from 0 to " + RECONNECT_SECONDS_MAX + " s: " + reconnectSeconds);
        }
    }

    /// @param credentials a directory of `ca-cert.pem`, `client-cert.pem` and `client-key.pem`
    /// @param serverName  what the server's certificate must prove
    public record Tls(Path credentials, String serverName) {}
}
