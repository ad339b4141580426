package io.godwit.migration.precopy;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/// Bytes over the last second, in slots of 100 ms. Time is an argument. Safe for use by several threads.
final class RateWindow {
    private static final int SLOTS = 10;
    private static final long SLOT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final long[] bytes = new long[SLOTS];
    private final long[] slotNumbers = new long[SLOTS];
    private long firstSlot = -1;

    RateWindow() {
        Arrays.fill(slotNumbers, -1);
    }

    /// @param elapsedNanos since the migration began
    synchronized void add(long count, long elapsedNanos) {
        long slot = elapsedNanos / SLOT_NANOS;
        int i = (int) (slot % SLOTS);
        if (slotNumbers[i] != slot) {
            slotNumbers[i] = slot;
            bytes[i] = 0;
        }
        bytes[i] += count;
        if (firstSlot < 0) {
            firstSlot = slot;
        }
    }

    synchronized long bytesPerSecond(long elapsedNanos) {
        long slot = elapsedNanos / SLOT_NANOS;
        if (firstSlot < 0) {
            return 0;
        }
        long sum = 0;
        for (int i = 0; i < SLOTS; i++) {
            if (slotNumbers[i] > slot - SLOTS) {
                sum += bytes[i];
            }
        }
        long slots = Math.clamp(slot - firstSlot + 1, 1, SLOTS);
        return sum * SLOTS / slots;
    }
}
