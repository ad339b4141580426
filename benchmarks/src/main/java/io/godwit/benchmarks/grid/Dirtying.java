package io.godwit.benchmarks.grid;

import java.util.Arrays;

/// How fast the guest writes to its memory again, and within how much of it.
public enum Dirtying {
    IDLE("idle", "idle", 0, 0),
    SLOW("20", "20 MiB/s over 32 MiB", 20, 32),
    FAST("200", "200 MiB/s over 128 MiB", 200, 128),
    /// More than any guest of the lab can do.
    ALL("all", "all it has filled, as fast as it can", 4096, Integer.MAX_VALUE);

    private final String word;
    private final String title;
    private final int mibPerSecond;
    private final int workingSetMiB;

    Dirtying(String word, String title, int mibPerSecond, int workingSetMiB) {
        this.word = word;
        this.title = title;
        this.mibPerSecond = mibPerSecond;
        this.workingSetMiB = workingSetMiB;
    }

    /// As the command line writes it.
    public String word() {
        return word;
    }

    /// For people.
    public String title() {
        return title;
    }

    int mibPerSecond() {
        return mibPerSecond;
    }

    /// Within a buffer of this size.
    int workingSetMiB(int bufferMiB) {
        return Math.min(workingSetMiB, bufferMiB);
    }

    /// @throws IllegalArgumentException if there is no such workload in the grid
    public static Dirtying of(String word) {
        return Arrays.stream(values())
                .filter(dirtying -> dirtying.word.equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("Dirtying is not idle, 20, 200 or all: " + word));
    }
}
