package io.godwit.chaos.simulation;

import org.jspecify.annotations.Nullable;

/// A guest's disk image on shared storage: one block, which holds the last record that was written to it. QEMU's
/// image locks stand in front of it, or nothing does: the argument about owners must not need them.
final class Image {
    private final boolean locks;
    private @Nullable Copy holder;
    private long content;
    private long newestEpoch;
    private String stale = "";

    Image(boolean locks) {
        this.locks = locks;
    }

    /// @return false if another copy holds the lock, and locks work here
    boolean open(Copy copy) {
        if (locks && holder != null && !holder.equals(copy)) {
            return false;
        }
        holder = copy;
        newestEpoch = Math.max(newestEpoch, copy.epoch());
        return true;
    }

    void close(Copy copy) {
        if (copy.equals(holder)) {
            holder = null;
        }
    }

    void land(String host, long epoch, long number) {
        if (epoch < newestEpoch) {
            stale = host + " wrote record " + number + " in epoch " + epoch + " after epoch " + newestEpoch
                    + " had started";
        }
        content = number;
    }

    long content() {
        return content;
    }

    /// @return empty, or what an outrun owner wrote
    String stale() {
        return stale;
    }
}
