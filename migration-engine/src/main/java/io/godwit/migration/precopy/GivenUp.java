package io.godwit.migration.precopy;

import java.io.IOException;

/// The migration is given up; the message says why. What that means for the guest depends on how far it was.
final class GivenUp extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean cancelled;

    GivenUp(String reason, boolean cancelled) {
        super(reason);
        this.cancelled = cancelled;
    }

    /// Whether somebody asked for it.
    boolean cancelled() {
        return cancelled;
    }
}
