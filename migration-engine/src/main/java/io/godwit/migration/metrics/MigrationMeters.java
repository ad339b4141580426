package io.godwit.migration.metrics;

import io.godwit.migration.MigrationReport.ForwardedFrames;
import io.godwit.migration.protocol.Message.FramesDone;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.event.Level;

/// The engine's meters. Names are `godwit.migration.*`; the role is `source` or `target`.
public final class MigrationMeters {
    private final MeterRegistry registry;
    private final Level level;
    private final AtomicInteger activeAtSource;
    private final AtomicInteger activeAtTarget;
    private final Counter rounds;
    private final DistributionSummary downtimeMs;
    private final DistributionSummary totalMs;
    private final AtomicInteger throttlePercent;
    private final Counter yielded;

    /// @param level at which the log is told what the meters are
    public MigrationMeters(MeterRegistry registry, Level level) {
        this.registry = registry;
        this.level = level;
        this.activeAtSource = gauge(Role.SOURCE);
        this.activeAtTarget = gauge(Role.TARGET);
        this.throttlePercent = new AtomicInteger();
        registry.gauge("godwit.migration.throttle.percent", throttlePercent);
        this.yielded = registry.counter("godwit.migration.yielded");
        this.rounds = registry.counter("godwit.migration.rounds");
        this.downtimeMs = DistributionSummary.builder("godwit.migration.downtime")
                .baseUnit("milliseconds")
                .description("From the pause call to the target's word that the guest runs, at the source")
                .register(registry);
        this.totalMs = DistributionSummary.builder("godwit.migration.total")
                .baseUnit("milliseconds")
                .description("From the request to the end of the switchover, at the source")
                .register(registry);
    }

    /// At which the log is told of what is as it should be.
    public Level level() {
        return level;
    }

    public enum Role {
        SOURCE,
        TARGET;

        String tag() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private AtomicInteger gauge(Role role) {
        AtomicInteger active = new AtomicInteger();
        registry.gauge("godwit.migration.active", List.of(Tag.of("role", role.tag())), active);
        return active;
    }

    public void began(Role role) {
        active(role).incrementAndGet();
    }

    /// @param result in capitals, as in the report
    public void ended(Role role, String result) {
        active(role).decrementAndGet();
        registry.counter("godwit.migration.result", "role", role.tag(), "result", result.toLowerCase(Locale.ROOT))
                .increment();
    }

    public void phase(Role role, String phase) {
        registry.counter("godwit.migration.phase", "role", role.tag(), "phase", phase.toLowerCase(Locale.ROOT))
                .increment();
    }

    /// A guest writes too fast for its budget.
    ///
    /// @param what `throttle`, `stretch`, `post-copy` or `abort`
    public void gaveWay(String what) {
        registry.counter("godwit.migration.gave.way", "what", what).increment();
    }

    /// By how much more, or less, the guests of this host are slowed, in per cent of all of them together.
    public void throttled(int percentMore) {
        throttlePercent.addAndGet(percentMore);
    }

    /// A migration sends more slowly, for others on the link wait because of it.
    public void yielded() {
        yielded.increment();
    }

    public void round() {
        rounds.increment();
    }

    /// @param kind `raw`, `lz4`, `delta` or `zero`
    public void pages(Role role, String kind, long count) {
        registry.counter("godwit.migration.pages", "role", role.tag(), "kind", kind)
                .increment((double) count);
    }

    public void bytes(Role role, long count) {
        registry.counter("godwit.migration.bytes", "role", role.tag()).increment((double) count);
    }

    /// At the source: what was forwarded of a guest's frames.
    public void frames(ForwardedFrames frames) {
        frames(Role.SOURCE, "captured", frames.captured());
        frames(Role.SOURCE, "delivered", frames.delivered());
        frames(Role.SOURCE, "dropped", frames.dropped());
    }

    /// At the target.
    public void frames(FramesDone done) {
        frames(Role.TARGET, "delivered", done.delivered());
        frames(Role.TARGET, "dropped", done.dropped());
    }

    private void frames(Role role, String outcome, long count) {
        registry.counter("godwit.migration.frames", "role", role.tag(), "outcome", outcome)
                .increment((double) count);
    }

    public void switchedOver(double downtime, double total) {
        downtimeMs.record(downtime);
        totalMs.record(total);
    }

    private AtomicInteger active(Role role) {
        return switch (role) {
            case SOURCE -> activeAtSource;
            case TARGET -> activeAtTarget;
        };
    }
}
