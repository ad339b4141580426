package io.godwit.agent.failover;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/// What can be seen of a coordinator from outside.
final class CoordinatorMeters {
    private final AtomicInteger leads = new AtomicInteger();
    private final AtomicInteger underway = new AtomicInteger();
    private final Counter started;
    private final Counter failed;
    private final Counter givenUp;

    CoordinatorMeters(MeterRegistry meters) {
        Gauge.builder("godwit.failover.coordinates", leads, AtomicInteger::get)
                .description("1 while this host coordinates the cluster")
                .register(meters);
        Gauge.builder("godwit.failover.underway", underway, AtomicInteger::get)
                .description("Guests that hosts were asked to start and have not answered for")
                .register(meters);
        started = starts(meters, "ok");
        failed = starts(meters, "failed");
        givenUp = Counter.builder("godwit.failover.given.up")
                .description("Guests that were given up")
                .register(meters);
    }

    private static Counter starts(MeterRegistry meters, String outcome) {
        return Counter.builder("godwit.failover.starts")
                .description("Guests that this coordinator had hosts start")
                .tag("outcome", outcome)
                .register(meters);
    }

    void leads(boolean now) {
        leads.set(now ? 1 : 0);
    }

    void underway(int now) {
        underway.set(now);
    }

    void answered(boolean ok) {
        (ok ? started : failed).increment();
    }

    void givenUp() {
        givenUp.increment();
    }
}
