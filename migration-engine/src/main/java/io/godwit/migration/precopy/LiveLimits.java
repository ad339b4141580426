package io.godwit.migration.precopy;

import io.godwit.migration.Adjustment;
import io.godwit.migration.MigrationPolicy;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/// The limits of a migration, which may be changed while it goes on. Safe for use by several threads.
final class LiveLimits {
    private final AtomicReference<MigrationPolicy> policy;
    private final Pacer pacer;
    private final LongSupplier nanoClock;

    LiveLimits(MigrationPolicy policy, LongSupplier nanoClock) {
        this.policy = new AtomicReference<>(policy);
        this.pacer = new Pacer(policy.bandwidthBytesPerSecond());
        this.nanoClock = nanoClock;
    }

    /// The limits in force.
    MigrationPolicy policy() {
        return policy.get();
    }

    Pacer pacer() {
        return pacer;
    }

    /// @throws IllegalArgumentException if a limit is out of its range; nothing is changed then
    void adjust(Adjustment adjustment) {
        MigrationPolicy changed = policy.updateAndGet(adjustment::applyTo);
        pacer.cap(changed.bandwidthBytesPerSecond(), nanoClock.getAsLong());
    }
}
