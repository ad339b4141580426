package io.godwit.shim.qemu;

import io.godwit.shim.GuestSpec.Disk.Format;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// How an image is opened for writing by the storage daemon: as a guest's QEMU would open it.
final class ImageNodes {
    private static final Map<String, Object> CACHE = Map.of("direct", false, "no-flush", false);

    private ImageNodes() {}

    static Map<String, Object> file(String node, Path path) {
        boolean device = Files.exists(path) && !Files.isRegularFile(path);
        return Map.of(
                "driver",
                device ? "host_device" : "file",
                "node-name",
                node,
                "filename",
                path.toString(),
                "locking",
                "on",
                "read-only",
                false,
                "discard",
                "unmap",
                "cache",
                CACHE);
    }

    static Map<String, Object> format(String node, String fileNode, Format format) {
        String driver = switch (format) {
            case RAW -> "raw";
            case QCOW2 -> "qcow2";
        };
        return Map.of(
                "driver",
                driver,
                "node-name",
                node,
                "file",
                fileNode,
                "read-only",
                false,
                "discard",
                "unmap",
                "cache",
                CACHE);
    }
}
