package io.godwit.migration.precopy;

import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;

/// How many of this host's processors have nothing to do. Asking the kernel costs more than an answer is worth to
/// the millisecond, so an answer is kept for a while. Used by one thread at a time.
final class HostLoad {
    private static final long KEPT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final com.sun.management.OperatingSystemMXBean system =
            ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);
    private long askedNanos = System.nanoTime();
    private double idle;

    /// The first answer is the slowest and tells nothing: it is had here, before anything is sent.
    HostLoad() {
        var _ = system.getCpuLoad();
    }

    /// 0 if it cannot be told, and in the first moments.
    double idleProcessors() {
        long now = System.nanoTime();
        if (now - askedNanos > KEPT_NANOS) {
            askedNanos = now;
            double load = system.getCpuLoad();
            idle = load >= 0 && load <= 1 ? (1 - load) * system.getAvailableProcessors() : 0;
        }
        return idle;
    }
}
