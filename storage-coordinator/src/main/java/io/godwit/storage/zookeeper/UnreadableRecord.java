package io.godwit.storage.zookeeper;

/// A record holds something that this version did not write and cannot understand, or that somebody else may
/// have written.
final class UnreadableRecord extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;

    UnreadableRecord(String reason) {
        super(reason);
        this.reason = reason;
    }

    UnreadableRecord(String reason, Throwable cause) {
        super(reason, cause);
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}
