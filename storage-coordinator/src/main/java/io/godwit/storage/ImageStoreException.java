package io.godwit.storage;

import java.io.IOException;

/// Images could not be granted, or be taken away. The message is a sentence for the operator.
public final class ImageStoreException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Kind kind;

    public ImageStoreException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public ImageStoreException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }

    public enum Kind {
        /// The answer is no, and stays no: a newer epoch was activated, or the record does not name who asks.
        REFUSED,
        /// It did not come about, or nobody knows: the image server is away or busy, or requests of the former
        /// owner have not ended yet. Asking again is right.
        UNAVAILABLE
    }
}
