package io.godwit.migration;

import io.godwit.shim.Guest;

/// What to do with a guest that writes too fast, and how far to go.
///
/// @param answer              what gives way
/// @param downtimeMaxMs       with `stretch`, the budget never grows beyond this; a budget that is larger from
///                            the start stays as it is
/// @param throttlePercentMax  with `throttle`, the guest's processors never lose more than this
public record WhenSlow(OnSlow answer, long downtimeMaxMs, int throttlePercentMax) {
    public static final WhenSlow DEFAULT = new WhenSlow(OnSlow.STRETCH, 2_000, 80);

    public static final int DOWNTIME_MS_MAX = 60_000;
    public static final int THROTTLE_PERCENT_MIN = 10;

    public WhenSlow {
        if (downtimeMaxMs < 1 || downtimeMaxMs > DOWNTIME_MS_MAX) {
            throw new IllegalArgumentException("Largest downtime is not from 1 to " + DOWNTIME_MS_MAX + " ms");
        }
        if (throttlePercentMax < THROTTLE_PERCENT_MIN || throttlePercentMax > Guest.THROTTLE_PERCENT_MAX) {
            throw new IllegalArgumentException("Largest throttle is not from " + THROTTLE_PERCENT_MIN + " to "
                    + Guest.THROTTLE_PERCENT_MAX + " %");
        }
    }

    public WhenSlow withAnswer(OnSlow other) {
        return new WhenSlow(other, downtimeMaxMs, throttlePercentMax);
    }

    public WhenSlow withDowntimeMaxMs(long ms) {
        return new WhenSlow(answer, ms, throttlePercentMax);
    }
}
