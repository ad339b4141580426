package io.godwit.chaos.probe;

import java.util.stream.DoubleStream;

/// Percentiles of the time until an answer. What was lost waits for ever, as positive infinity: if it were left out,
/// who loses packets would look better than who delivers them late.
public final class Waits {
    private Waits() {}

    /// @param waitsMs positive infinity for each request that was lost
    /// @param share   from 0 to 1
    /// @return what this share of all requests did not exceed; positive infinity if that takes a lost one, NaN of
    ///         nothing
    public static double percentileMs(DoubleStream waitsMs, double share) {
        double[] sorted = waitsMs.sorted().toArray();
        if (sorted.length == 0) {
            return Double.NaN;
        }
        return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
    }
}
