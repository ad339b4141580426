package io.godwit.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Clocks that the Java library does not offer.
public final class LinuxClock {
    private static final long NS_PER_SECOND = 1_000_000_000L;

    private LinuxClock() {}

    /// Nanoseconds since the host booted, including the time it was suspended. Never goes back.
    public static long bootTimeNs() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment timespec = arena.allocate(JAVA_LONG, 2);
            if (Libc.clockGettime(Libc.CLOCK_BOOTTIME, timespec) instanceof CallResult.Failure(Errno errno)) {
                throw new IllegalStateException("This kernel has no CLOCK_BOOTTIME: " + errno);
            }
            return timespec.getAtIndex(JAVA_LONG, 0) * NS_PER_SECOND + timespec.getAtIndex(JAVA_LONG, 1);
        }
    }
}
