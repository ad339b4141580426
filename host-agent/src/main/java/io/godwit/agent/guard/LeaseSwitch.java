package io.godwit.agent.guard;

import io.godwit.agent.guard.LeaseMode.Step;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Has this host enforce its lease, or not, as the configuration and the cluster's switch want it, and its record
/// say so; [LeaseMode] knows the order. Looks at the switch every second, and tries again what did not succeed.
///
/// An agent that stops in order records that the lease is not enforced and lets its guests run on, so that an agent
/// can be replaced at leisure. Unless the whole host goes down: then its guests are to be started elsewhere.
public final class LeaseSwitch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseSwitch.class);
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(25);
    private static final int STEPS_MAX = 4;

    private final boolean allowed;
    private final LeaseKeeper keeper;
    private final Ownership ownership;
    private final Discovery discovery;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread = Thread.ofVirtual().name("godwit-lease-switch").unstarted(this::run);

    // The thread's own.
    private final LeaseMode mode;
    private String lastObstacle = "";

    private volatile @Nullable Boolean on;
    private volatile boolean relaxed;
    private volatile boolean recorded;

    /// Makes every guest on this host known to the guard, answering or not.
    @FunctionalInterface
    public interface Discovery {
        /// @return the guests of which it could not be found out
        List<String> noteAll();
    }

    private LeaseSwitch(boolean allowed, LeasePlan plan, LeaseKeeper keeper, Ownership ownership, Discovery discovery) {
        this.allowed = allowed;
        this.keeper = keeper;
        this.ownership = ownership;
        this.discovery = discovery;
        this.mode = new LeaseMode(plan.recordedWaitMs(), plan.relaxed());
        this.relaxed = plan.relaxed();
        this.recorded = mode.isRecorded();
    }

    /// @param allowed whether the configuration has the lease enforced at all
    public static LeaseSwitch start(
            boolean allowed,
            LeasePlan plan,
            LeaseKeeper keeper,
            Ownership ownership,
            Discovery discovery,
            MeterRegistry meters) {
        LeaseSwitch made = new LeaseSwitch(allowed, plan, keeper, ownership, discovery);
        Gauge.builder("godwit.lease.enforced", made, it -> it.recorded ? 1 : 0)
                .description("1 while this host's record says that its guests stop once its session is gone")
                .register(meters);
        Gauge.builder("godwit.failover.on", made, LeaseSwitch::position)
                .description("Where the cluster's failover switch stands, as this host saw it last")
                .register(meters);
        made.thread.start();
        return made;
    }

    /// Whether the guests run on without this agent and without ZooKeeper, and nobody takes them over.
    public boolean relaxed() {
        return relaxed;
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            if (!thread.join(CLOSE_WAIT)) {
                LOG.warn(
                        "The lease could not be given up within {} s: guests are paused at their deadline, and killed"
                                + " at the next, unless an agent is back before",
                        CLOSE_WAIT.toSeconds());
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            do {
                look();
                Boolean seen = on;
                if (seen != null) {
                    bring(allowed && seen);
                }
            } while (!closed.await(LOOK.toNanos(), TimeUnit.NANOSECONDS));
            if (HostShutdown.underway()) {
                LOG.info("The host goes down: its guests may be started elsewhere once its session has lapsed");
            } else {
                bring(false);
            }
        } catch (InterruptedException e) {
            LOG.debug("The lease's switch was closed", e);
        } catch (IllegalStateException e) {
            // The records were closed, or the order of things was about to be broken: the guard goes on as it is.
            LOG.error("Nobody looks at the failover switch any more", e);
        }
    }

    private void look() {
        try {
            boolean seen = ownership.failover().on();
            if (on == null || on != seen) {
                LOG.info("Failover is {}", seen ? "on" : "off");
            }
            on = seen;
        } catch (OwnershipException e) {
            LOG.debug("The failover switch cannot be seen: {}", e.getMessage());
        }
    }

    /// Goes as far as it gets.
    private void bring(boolean wanted) throws InterruptedException {
        String obstacle = "";
        for (int i = 0; i < STEPS_MAX && obstacle.isEmpty(); i++) {
            Step step = mode.next(wanted, keeper.times().takeoverWaitMs());
            if (step instanceof Step.Nothing) {
                break;
            }
            obstacle = take(step);
            relaxed = mode.isRelaxed();
            recorded = mode.isRecorded();
        }
        if (!obstacle.isEmpty() && !obstacle.equals(lastObstacle)) {
            LOG.warn("The lease is {}: {}", wanted ? "not enforced and recorded yet" : "still enforced", obstacle);
        }
        lastObstacle = obstacle;
    }

    /// @return what was in the way; empty if nothing
    private String take(Step step) throws InterruptedException {
        return switch (step) {
            case Step.Nothing _ -> "";
            case Step.EnforceThenRecord(long waitMs) -> {
                mode.enforcing();
                List<String> unknown = discovery.noteAll();
                Optional<String> obstacle = unknown.isEmpty()
                        ? keeper.enforce()
                        : Optional.of("it is not known what runs of " + String.join(", ", unknown));
                yield obstacle.isPresent() ? obstacle.get() : record(waitMs);
            }
            case Step.RecordNone _ -> record(0);
            case Step.Relax _ -> {
                Optional<String> obstacle = keeper.relax();
                if (obstacle.isPresent()) {
                    yield obstacle.get();
                }
                mode.relaxed();
                LOG.warn("The lease is not enforced: guests run on without ZooKeeper, and nobody takes them over");
                yield "";
            }
        };
    }

    private String record(long waitMs) throws InterruptedException {
        mode.recording();
        keeper.recording(waitMs);
        try {
            ownership.announceLease(waitMs);
        } catch (OwnershipException e) {
            return String.valueOf(e.getMessage());
        }
        mode.recorded(waitMs);
        keeper.recorded(waitMs);
        if (waitMs > 0) {
            LOG.info("The lease is enforced and recorded: a takeover waits {} ms after this host's session", waitMs);
        }
        return "";
    }

    private double position() {
        Boolean seen = on;
        return seen == null ? Double.NaN : seen ? 1 : 0;
    }
}
