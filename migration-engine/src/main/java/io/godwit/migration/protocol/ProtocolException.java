package io.godwit.migration.protocol;

import java.io.IOException;

/// The peer sent what the protocol does not allow. Nothing of the offending frame was acted on; the connection
/// is of no further use.
public final class ProtocolException extends IOException {
    private static final long serialVersionUID = 1L;

    public ProtocolException(String message) {
        super(message);
    }

    public ProtocolException(String message, Throwable cause) {
        super(message, cause);
    }
}
