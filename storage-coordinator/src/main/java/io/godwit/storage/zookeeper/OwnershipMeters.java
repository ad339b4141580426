package io.godwit.storage.zookeeper;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/// What ownership costs and how often it hurts.
final class OwnershipMeters {
    private final Counter applied;
    private final Counter conflicts;
    private final Counter lost;
    private final Counter readBacks;
    private final Timer waits;

    OwnershipMeters(MeterRegistry registry) {
        applied = writes(registry, "applied");
        conflicts = writes(registry, "conflict");
        lost = writes(registry, "lost");
        readBacks = Counter.builder("godwit.ownership.read.backs")
                .description("Records read again because the outcome of a write was unknown")
                .register(registry);
        waits = Timer.builder("godwit.ownership.wait")
                .description("Time spent waiting before a record was looked at again")
                .register(registry);
    }

    void writeApplied() {
        applied.increment();
    }

    void writeConflicted() {
        conflicts.increment();
    }

    void writeLost() {
        lost.increment();
    }

    void readBack() {
        readBacks.increment();
    }

    void waited(Duration duration) {
        waits.record(duration);
    }

    private static Counter writes(MeterRegistry registry, String outcome) {
        return Counter.builder("godwit.ownership.writes")
                .description("Guarded writes by outcome; lost means that no answer came")
                .tag("outcome", outcome)
                .register(registry);
    }
}
