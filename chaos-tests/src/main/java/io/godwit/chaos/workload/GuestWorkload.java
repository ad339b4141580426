package io.godwit.chaos.workload;

import java.util.Locale;

/// What a guest of the lab does. Its first process reads it from the kernel's command line.
///
/// @param bufferMiB         memory filled with a pattern that can be checked; 0 for none
/// @param workingSetMiB     of that, written again and again
/// @param rateMiBPerSecond  how fast
/// @param fill              what the pattern is like
/// @param recordsPerSecond  appended to the first disk; 0 for none
public record GuestWorkload(int bufferMiB, int workingSetMiB, int rateMiBPerSecond, Fill fill, int recordsPerSecond) {

    /// Enough to be seen moving, light enough for several guests on a laptop.
    public static final GuestWorkload LIGHT = new GuestWorkload(32, 8, 2, Fill.TEXT, 20);

    /// The figures Godwit is measured with: in a guest of 512 MiB, 20 MiB/s dirtied.
    public static final GuestWorkload STANDARD = new GuestWorkload(256, 64, 20, Fill.TEXT, 50);

    public enum Fill {
        ZERO,
        /// Compresses to about a quarter.
        TEXT,
        RANDOM,
        /// Random at first; who writes a page again changes about a quarter of it, so that it can be sent as a
        /// difference.
        SPARSE
    }

    public GuestWorkload {
        if (workingSetMiB > bufferMiB) {
            throw new IllegalArgumentException(
                    "Working set is larger than the buffer: " + workingSetMiB + " and " + bufferMiB + " MiB");
        }
    }

    public String commandLine() {
        StringBuilder words = new StringBuilder();
        if (bufferMiB > 0) {
            words.append("gw.mem=%d gw.ws=%d gw.rate=%d gw.fill=%s "
                    .formatted(
                            bufferMiB,
                            workingSetMiB,
                            rateMiBPerSecond,
                            fill.name().toLowerCase(Locale.ROOT)));
        }
        if (recordsPerSecond > 0) {
            words.append("gw.disk=").append(recordsPerSecond);
        }
        return words.toString().strip();
    }
}
