package io.godwit.chaos.probe;

import java.time.Instant;
import java.util.concurrent.TimeUnit;

/// The same moment on two clocks: brings what another program says of the time of day to `System.nanoTime`. Good for
/// minutes, in which nobody sets the time of day.
///
/// @param epochNs   the time of day, since the epoch
/// @param nanoTime  `System.nanoTime`
public record ClockPair(long epochNs, long nanoTime) {

    /// Both, now.
    public static ClockPair read() {
        Instant now = Instant.now();
        long nanoTime = System.nanoTime();
        return new ClockPair(TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano(), nanoTime);
    }

    /// @param ns since the epoch
    /// @return the same moment of `System.nanoTime`
    public long nanoTime(long ns) {
        return nanoTime + (ns - epochNs);
    }
}
