package io.godwit.chaos.simulation;

import java.util.function.Consumer;

/// A guest's disk image: one block, which holds the last record that was written to it, and an eye on who writes.
abstract class Image {
    private long content;
    private long newestEpoch;
    private String stale = "";

    /// @return false if another process holds the image, and the storage knows
    abstract boolean open(Copy copy);

    abstract void close(Copy copy);

    /// @param written told later whether the record is on the image
    abstract void write(Copy copy, long record, Consumer<Boolean> written);

    /// Whether something of this process can still reach the image.
    abstract boolean canWrite(Copy copy);

    /// A guest has begun to run on it.
    final void started(Copy copy) {
        newestEpoch = Math.max(newestEpoch, copy.epoch());
    }

    final void land(String host, long epoch, long record) {
        if (epoch < newestEpoch) {
            stale = host + " wrote record " + record + " in epoch " + epoch + " after epoch " + newestEpoch
                    + " had started";
        }
        content = record;
    }

    final long content() {
        return content;
    }

    /// @return empty, or what an outrun owner wrote
    String stale() {
        return stale;
    }
}
