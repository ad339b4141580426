package io.godwit.chaos.simulation;

import io.godwit.storage.Lease;
import io.godwit.storage.Lease.Action;
import io.godwit.storage.Lease.Event;
import io.godwit.storage.LeaseSettings;
import io.godwit.storage.LeaseTimes;
import io.godwit.storage.Verdict;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// An agent's care for the lease: renews it, feeds the guard, and follows the switch for failover. When the lease
/// counts and until when is decided by the class that runs in production; which guests are fed is a copy of the agent's
/// `LeaseKeeper` and `Grants`.
final class LeaseRun {
    static final long TAKEOVER_WAIT_MS =
            LeaseTimes.of(LeaseSettings.DEFAULT, Sessions.TIMEOUT_MS).takeoverWaitMs();

    private static final long RENEW_MICROS = LeaseSettings.DEFAULT.renewIntervalMs() * Scheduler.MS;
    private static final long LOOK_MICROS = Scheduler.SECOND;
    private static final long NS_PER_MS = 1_000_000;

    /// Never the number of a session.
    private static final long NONE = 0;

    private final World world;
    private final Agent agent;
    private final Lease lease = new Lease(LeaseSettings.DEFAULT, Sessions.TIMEOUT_MS);
    private final Map<Copy, Long> grants = new LinkedHashMap<>();
    private Action.@Nullable Feed latest;
    private Runnable whenHeld = () -> {};
    private long request;
    private long answeredMicros;
    private boolean verifying;
    private Mode mode = Mode.ENFORCED;

    private enum Mode {
        ENFORCED,
        /// The record is being written to say that the lease is not enforced.
        RELAXING,
        RELAXED,
        /// The guard is being fed, and the record is written after that.
        ENFORCING
    }

    LeaseRun(World world, Agent agent) {
        this.world = world;
        this.agent = agent;
    }

    /// @param held called when the lease is held for the first time
    void begin(Runnable held) {
        answeredMicros = world.clock().nowMicros();
        whenHeld = held;
        for (Copy copy : agent.host().guard().held()) {
            grants.putIfAbsent(copy, NONE);
        }
        mode = agent.host().relaxed() ? Mode.ENFORCING : Mode.ENFORCED;
        renew();
        agent.later(LOOK_MICROS, this::look);
    }

    private void renew() {
        Session session = agent.session();
        if (world.clock().nowMicros() - answeredMicros > Sessions.SILENCE_MICROS) {
            session.loseConnection();
        }
        long number = ++request;
        perform(new Event.RequestSent(number, session.number()));
        world.keeper()
                .ask(
                        agent,
                        "",
                        "renew",
                        world.keeper().hosts()::confirms,
                        world.trouble().renewalPatience(),
                        confirmed -> {
                            answeredMicros = world.clock().nowMicros();
                            if (confirmed) {
                                if (world.bug() == PlantedBug.LEASE_FROM_RECEIVE_TIME) {
                                    fedFromNow(session);
                                } else {
                                    perform(new Event.Answered(number, session.number()));
                                }
                                verifyUnknown();
                            }
                            agent.later(RENEW_MICROS, this::renew);
                        },
                        () -> agent.later(RENEW_MICROS, this::renew));
    }

    private void perform(Event event) {
        for (Action action : lease.on(event, agent.host().clockNs())) {
            switch (action) {
                case Action.Feed feed -> fed(feed);
                case Action.Pause _, Action.Kill _ -> {}
            }
        }
    }

    private void fed(Action.Feed feed) {
        latest = feed;
        world.trace().note(agent.name(), "", "lease", feed.session(), "session " + feed.session());
        feedAll(() -> {});
        Runnable then = whenHeld;
        whenHeld = () -> {};
        then.run();
    }

    private void fedFromNow(Session session) {
        LeaseTimes times = LeaseTimes.of(LeaseSettings.DEFAULT, Sessions.TIMEOUT_MS);
        long nowNs = agent.host().clockNs();
        fed(new Action.Feed(
                session.number(), nowNs + times.pauseAfterMs() * NS_PER_MS, nowNs + times.killAfterMs() * NS_PER_MS));
    }

    private Action.@Nullable Feed current() {
        Action.Feed feed = latest;
        return feed != null && agent.host().clockNs() < feed.pauseAtNs() ? feed : null;
    }

    /// @param then called when the guard has been told
    private void feedAll(Runnable then) {
        Action.Feed feed = latest;
        if (feed == null) {
            return;
        }
        grants.keySet().removeIf(copy -> copy.state() == Copy.State.GONE);
        List<Copy> fed = grants.entrySet().stream()
                .filter(grant -> mode == Mode.RELAXED || grant.getValue() == feed.session())
                .map(Map.Entry::getKey)
                .toList();
        boolean relaxed = mode == Mode.RELAXED;
        long pauseAtNs = relaxed ? SimulatedGuard.NEVER_NS : feed.pauseAtNs();
        long killAtNs = relaxed ? SimulatedGuard.NEVER_NS : feed.killAtNs();
        SimulatedHost host = agent.host();
        host.local(world.dice().spread(20, Scheduler.MS), () -> {
            host.guard().feed(pauseAtNs, killAtNs, fed);
            agent.deliver(then);
        });
    }

    /// A guest that was found here and runs already: its record is looked at.
    void noteFound(Copy copy) {
        grants.putIfAbsent(copy, NONE);
        verifyUnknown();
    }

    /// Makes a new guest known to the guard, which does not run yet.
    ///
    /// @param recorded whether its record is this host's by now
    /// @param then     told whether the guest may run
    void admit(Copy copy, boolean recorded, Consumer<Boolean> then) {
        Action.Feed feed = current();
        if (feed == null && mode != Mode.RELAXED) {
            then.accept(false);
            return;
        }
        Runnable grant = () -> {
            grants.put(copy, feed == null ? NONE : feed.session());
            feedAll(() -> then.accept(true));
        };
        if (!recorded) {
            grant.run();
            return;
        }
        agent.ends().settle(copy.guest(), verdict -> {
            switch (verdict) {
                case Verdict.Mine _ -> grant.run();
                case Verdict.NotMine _ -> then.accept(false);
            }
        });
    }

    private void verifyUnknown() {
        Action.Feed feed = current();
        if (feed == null || verifying) {
            return;
        }
        List<Copy> unknown = unknown(feed);
        if (!unknown.isEmpty()) {
            verifying = true;
            verify(unknown, 0, feed.session());
        }
    }

    private List<Copy> unknown(Action.Feed feed) {
        return grants.entrySet().stream()
                .filter(grant -> grant.getValue() != feed.session())
                .map(Map.Entry::getKey)
                .filter(copy -> copy.state() != Copy.State.GONE)
                .toList();
    }

    private void verify(List<Copy> unknown, int next, long session) {
        if (next == unknown.size()) {
            verifying = false;
            feedAll(() -> {});
            return;
        }
        Copy copy = unknown.get(next);
        agent.ends().settle(copy.guest(), verdict -> {
            switch (verdict) {
                case Verdict.Mine _ -> grants.computeIfPresent(copy, (_, _) -> session);
                case Verdict.NotMine _ -> {}
            }
            verify(unknown, next + 1, session);
        });
    }

    /// Follows the switch, one step at a time. The record stops to promise before the guard lets go, and promises
    /// again only after the guard has hold of every guest.
    private void look() {
        world.keeper()
                .ask(
                        agent,
                        "",
                        "switch",
                        _ -> world.keeper().hosts().staleFailover(),
                        failover -> {
                            follow(failover.on());
                            agent.later(LOOK_MICROS, this::look);
                        },
                        () -> agent.later(LOOK_MICROS, this::look));
    }

    private void follow(boolean on) {
        switch (mode) {
            case ENFORCED -> {
                if (!on) {
                    mode = Mode.RELAXING;
                    if (world.bug() == PlantedBug.RELAX_BEFORE_RECORD) {
                        relax();
                    }
                    agent.announcement().change(0, this::relax);
                }
            }
            case RELAXED -> {
                if (on) {
                    mode = Mode.ENFORCING;
                }
            }
            case ENFORCING -> enforce();
            case RELAXING -> {}
        }
    }

    private void relax() {
        mode = Mode.RELAXED;
        agent.host().setRelaxed(true);
        feedAll(() -> {});
    }

    private void enforce() {
        Action.Feed feed = current();
        boolean allHeld = feed != null
                && unknown(feed).isEmpty()
                && agent.host().copies().values().stream().allMatch(grants::containsKey);
        if (!allHeld) {
            verifyUnknown();
            return;
        }
        feedAll(() -> {
            if (mode == Mode.ENFORCING && Objects.equals(latest, feed)) {
                mode = Mode.ENFORCED;
                agent.host().setRelaxed(false);
                agent.announcement().change(TAKEOVER_WAIT_MS, () -> {});
            }
        });
    }
}
