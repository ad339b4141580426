package io.godwit.benchmarks.grid;

import java.util.Arrays;

/// The link of each host, which guests and migrations share.
public enum Link {
    HUNDRED_MBIT("100mbit", "100 Mbit/s", 12_500_000),
    GIGABIT("1gbit", "1 Gbit/s", 125_000_000),
    NOT_SHAPED("0", "not shaped", 0);

    private final String rate;
    private final String title;
    private final long bytesPerSecond;

    Link(String rate, String title, long bytesPerSecond) {
        this.rate = rate;
        this.title = title;
        this.bytesPerSecond = bytesPerSecond;
    }

    /// As the lab's settings and the command line write it.
    public String rate() {
        return rate;
    }

    /// For people.
    public String title() {
        return title;
    }

    /// 0 if it is not shaped.
    public long bytesPerSecond() {
        return bytesPerSecond;
    }

    /// @throws IllegalArgumentException if there is no such link in the grid
    public static Link of(String rate) {
        return Arrays.stream(values())
                .filter(link -> link.rate.equals(rate))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("Link is not 100mbit, 1gbit or 0: " + rate));
    }
}
