package io.godwit.agent.guard;

import io.godwit.storage.LeaseSettings;
import io.godwit.storage.LeaseTimes;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/// What the lease promises, and how close it comes to running out.
final class LeaseMeters {
    private static final double MS_PER_SECOND = 1_000;

    private final Counter acknowledged;
    private final Counter lost;
    private final Counter pauses;
    private final Counter kills;

    LeaseMeters(MeterRegistry meters, LeaseSettings settings, Supplier<LeaseTimes> times) {
        acknowledged = renewals(meters, "acknowledged");
        lost = renewals(meters, "lost");
        pauses = ends(meters, "paused");
        kills = ends(meters, "killed");
        seconds(
                meters,
                "paused.by",
                "No guest runs longer than this after the last renewal",
                times,
                t -> t.pausedByMs());
        seconds(meters, "killed.by", "No guest exists longer than this after it", times, t -> t.killedByMs());
        seconds(meters, "session.earliest", "The session ends no sooner after it", times, t -> t.expiresEarliestMs());
        seconds(
                meters,
                "takeover.wait",
                "What a takeover waits after the session's end",
                times,
                t -> t.takeoverWaitMs());
        seconds(
                meters,
                "takeover.latest",
                "A guest may run elsewhere this long after its host's death",
                times,
                t -> t.takeoverLatestMs(settings));
    }

    void renewed() {
        acknowledged.increment();
    }

    void renewalLost() {
        lost.increment();
    }

    void ranOut() {
        pauses.increment();
    }

    void killed() {
        kills.increment();
    }

    void bind(MeterRegistry meters, Supplier<Number> leftSeconds, GuardLink link) {
        Gauge.builder("godwit.lease.left", leftSeconds)
                .description("How long guests may run on without another renewal")
                .baseUnit("seconds")
                .register(meters);
        Gauge.builder("godwit.lease.guard.up", link, l -> l.up() ? 1 : 0)
                .description("1 while the guard answers")
                .register(meters);
        Gauge.builder("godwit.lease.guard.starts", link, GuardLink::starts)
                .description("Guards that this agent had to start")
                .register(meters);
    }

    private static void seconds(
            MeterRegistry meters,
            String name,
            String description,
            Supplier<LeaseTimes> times,
            ToDoubleFunction<LeaseTimes> ms) {
        Gauge.builder("godwit.lease." + name, () -> ms.applyAsDouble(times.get()) / MS_PER_SECOND)
                .description(description)
                .baseUnit("seconds")
                .register(meters);
    }

    private static Counter renewals(MeterRegistry meters, String outcome) {
        return Counter.builder("godwit.lease.renewals")
                .description("Writes that confirm the session; lost means that no answer came that proves it")
                .tag("outcome", outcome)
                .register(meters);
    }

    private static Counter ends(MeterRegistry meters, String what) {
        return Counter.builder("godwit.lease.deadlines")
                .description("How often a deadline of the lease has passed")
                .tag("guests", what)
                .register(meters);
    }
}
