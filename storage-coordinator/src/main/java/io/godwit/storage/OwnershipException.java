package io.godwit.storage;

import java.io.IOException;

/// A change of records was refused or did not come about. The message is a sentence for the operator.
public final class OwnershipException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    public OwnershipException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public OwnershipException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }

    public enum Kind {
        /// The records say no: somebody else owns it, it exists already, it is in another state. Nothing was
        /// changed.
        REFUSED,
        /// There is no such record. Nothing was changed.
        UNKNOWN,
        /// ZooKeeper does not answer. Nothing is known of the outcome: read back before acting on it.
        UNDECIDED
    }
}
