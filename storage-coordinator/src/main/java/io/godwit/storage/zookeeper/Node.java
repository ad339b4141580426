package io.godwit.storage.zookeeper;

import org.jspecify.annotations.Nullable;

/// A node as it was read, or the fact that there was none.
final class Node {
    private final String path;
    private final byte @Nullable [] data;
    private final int version;
    private final long ephemeralOwner;

    Node(String path, byte @Nullable [] data, int version, long ephemeralOwner) {
        this.path = path;
        this.data = data;
        this.version = version;
        this.ephemeralOwner = ephemeralOwner;
    }

    String path() {
        return path;
    }

    boolean exists() {
        return data != null;
    }

    /// @return null if there is no such node
    byte @Nullable [] data() {
        return data;
    }

    /// @return -1 if there is no such node
    int version() {
        return version;
    }

    /// @return the session it lives with; 0 for a lasting node
    long ephemeralOwner() {
        return ephemeralOwner;
    }
}
