package io.godwit.storage.fencing;

import java.util.UUID;

/// One reason to write one image: an epoch, and what led to it. Each has an export of its own.
public record Grant(long epoch, UUID cause) {
    public Grant {
        if (epoch < 1) {
            throw new IllegalArgumentException("An epoch is at least 1: " + epoch);
        }
    }

    @Override
    public String toString() {
        return "epoch " + epoch + " (" + cause.toString().substring(0, 8) + ")";
    }
}
