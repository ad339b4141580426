package io.godwit.chaos.simulation;

import io.godwit.storage.Lease;
import io.godwit.storage.Lease.Action;
import io.godwit.storage.Lease.Event;
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
    private static final long LOOK_MICROS = Scheduler.SECOND;
    private static final long NS_PER_MS = 1_000_000;
    private static final long GUARD_LOOK_MICROS = 100 * Scheduler.MS;
    private static final long GUARD_START_MICROS = 300 * Scheduler.MS;
    private static final long TICK_MICROS = 20 * Scheduler.MS;

    /// Without a guard for longer than this the guests are paused, for nobody would stop them if the agent froze.
    private static final long UNGUARDED_MICROS_MAX = 3 * Scheduler.SECOND;

    private static final long ADMIT_MICROS_MAX = 3 * Scheduler.SECOND;

    /// As long as an agent that stops waits for its record.
    private static final long GIVE_UP_MICROS_MAX = 5 * Scheduler.SECOND;

    /// Never the number of a session.
    private static final long NONE = 0;

    private final World world;
    private final Agent agent;
    private final Terms terms;
    private final Lease lease;
    private final SimulatedSentry secondLine;
    private final Map<Copy, Long> grants = new LinkedHashMap<>();
    private Action.@Nullable Feed latest;
    private Runnable whenHeld = () -> {};
    private long request;
    private long answeredMicros;
    private boolean verifying;
    private int turns;
    private boolean unguarded;
    private long unguardedMicros;
    private boolean holding;
    private boolean ending;
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
        this.terms = world.setting().terms();
        this.lease = new Lease(terms.settings(), terms.sessionTimeoutMs());
        this.secondLine = new SimulatedSentry(world, agent.host(), new OfAgent());
    }

    private final class OfAgent implements SimulatedSentry.Whose {
        @Override
        public boolean awake() {
            return agent.equals(agent.host().agent()) && !agent.frozen();
        }

        @Override
        public void wake(long micros, Runnable action) {
            agent.later(micros + world.dice().between(0, TICK_MICROS), action);
        }
    }

    /// @param held called when the lease is held for the first time
    void begin(Runnable held) {
        answeredMicros = world.clock().nowMicros();
        whenHeld = held;
        for (Copy copy : agent.host().guard().held()) {
            grants.putIfAbsent(copy, NONE);
        }
        mode = agent.host().relaxed() ? Mode.ENFORCING : Mode.ENFORCED;
        if (!agent.host().guard().up()) {
            guardLost();
        }
        renew();
        agent.later(LOOK_MICROS, this::look);
    }

    private void renew() {
        int turn = ++turns;
        Session session = agent.session();
        if (world.clock().nowMicros() - answeredMicros > terms.silenceMicros()) {
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
                            if (turn == turns) {
                                renewLater();
                            }
                        },
                        () -> {
                            if (turn == turns) {
                                renewLater();
                            }
                        });
    }

    /// A new session is announced: what was asked in the one before is not waited for.
    void onAnnounced() {
        if (turns > 0) {
            int turn = ++turns;
            agent.later(world.dice().between(0, renewMicros()), () -> renewIn(turn));
        }
    }

    private void renewLater() {
        int turn = turns;
        agent.later(renewMicros(), () -> renewIn(turn));
    }

    private void renewIn(int turn) {
        if (turn == turns) {
            renew();
        }
    }

    private long renewMicros() {
        return terms.settings().renewIntervalMs() * Scheduler.MS;
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
        feedAll();
        tellIfHeld();
    }

    /// Held it is when it was acknowledged, and there is a guard.
    private void tellIfHeld() {
        if (latest != null && !unguarded) {
            Runnable then = whenHeld;
            whenHeld = () -> {};
            then.run();
        }
    }

    private void fedFromNow(Session session) {
        LeaseTimes times = terms.times();
        long nowNs = agent.host().clockNs();
        fed(new Action.Feed(
                session.number(), nowNs + times.pauseAfterMs() * NS_PER_MS, nowNs + times.killAfterMs() * NS_PER_MS));
    }

    private Action.@Nullable Feed current() {
        Action.Feed feed = latest;
        return feed != null && agent.host().clockNs() < feed.pauseAtNs() ? feed : null;
    }

    private void feedAll() {
        feedAll(_ -> {});
    }

    /// @param then told whether the guard has been told
    private void feedAll(Consumer<Boolean> then) {
        Action.Feed feed = latest;
        if (feed == null || holding) {
            then.accept(false);
            return;
        }
        grants.keySet().removeIf(copy -> copy.state() == Copy.State.GONE);
        List<Copy> fed = granted(feed);
        boolean relaxed = mode == Mode.RELAXED;
        boolean all = fed.size() == grants.size();
        long pauseAtNs = relaxed ? SimulatedGuard.NEVER_NS : feed.pauseAtNs();
        long killAtNs = relaxed ? SimulatedGuard.NEVER_NS : feed.killAtNs();
        if (world.bug() != PlantedBug.NO_SECOND_LINE) {
            secondLine.feed(pauseAtNs, killAtNs, fed);
        }
        SimulatedHost host = agent.host();
        host.local(world.dice().spread(20, Scheduler.MS), () -> {
            boolean there = host.guard().up();
            if (there) {
                host.guard().feed(pauseAtNs, killAtNs, fed);
                if (all) {
                    host.guard().complete();
                }
            }
            agent.deliver(() -> then.accept(there));
        });
    }

    /// The guard's process is gone. Another is started as soon as that can be done; until then the agent does its work.
    void guardLost() {
        if (!unguarded) {
            unguarded = true;
            unguardedMicros = world.clock().nowMicros();
            agent.later(GUARD_LOOK_MICROS, this::lookForGuard);
        }
    }

    private void lookForGuard() {
        if (agent.host().guard().startable()) {
            agent.later(world.dice().spread(GUARD_LOOK_MICROS, GUARD_START_MICROS), this::guardBack);
            return;
        }
        Action.Feed feed = latest;
        boolean tooLong =
                world.clock().nowMicros() - unguardedMicros > agent.host().drifted(UNGUARDED_MICROS_MAX);
        if (feed != null && tooLong && mode != Mode.RELAXED && world.bug() != PlantedBug.NO_SECOND_LINE) {
            holding = true;
            // The second deadline moves with the lease, so that guests are not killed for want of a guard alone.
            secondLine.feed(agent.host().clockNs(), feed.killAtNs(), granted(feed));
        }
        agent.later(GUARD_LOOK_MICROS, this::lookForGuard);
    }

    private void guardBack() {
        agent.host().guard().start();
        unguarded = false;
        holding = false;
        feedAll();
        verifyUnknown();
        tellIfHeld();
    }

    private List<Copy> granted(Action.Feed feed) {
        return grants.entrySet().stream()
                .filter(grant -> grant.getValue() == feed.session())
                .map(Map.Entry::getKey)
                .toList();
    }

    /// The agent is about to end in order: its guests run on without it, and nobody takes them over.
    ///
    /// @param done called when that is so, or cannot be brought about in time
    void giveUp(Runnable done) {
        boolean[] told = {false};
        Runnable once = () -> {
            if (!told[0]) {
                told[0] = true;
                done.run();
            }
        };
        agent.later(GIVE_UP_MICROS_MAX, once);
        ending = true;
        if (mode == Mode.RELAXED) {
            once.run();
            return;
        }
        mode = Mode.RELAXING;
        if (world.bug() == PlantedBug.RELAX_BEFORE_RECORD) {
            relax(_ -> {});
        }
        agent.announcement().change(0, () -> relax(_ -> once.run()));
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
            feedUntilTold(world.clock().nowMicros() + agent.host().drifted(ADMIT_MICROS_MAX), then);
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

    private void feedUntilTold(long deadlineMicros, Consumer<Boolean> then) {
        feedAll(told -> {
            if (told || world.clock().nowMicros() > deadlineMicros) {
                then.accept(told);
            } else {
                agent.later(TICK_MICROS, () -> feedUntilTold(deadlineMicros, then));
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
            feedAll();
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
                            if (!ending) {
                                follow(failover.on());
                            }
                            agent.later(LOOK_MICROS, this::look);
                        },
                        () -> agent.later(LOOK_MICROS, this::look));
    }

    private void follow(boolean on) {
        switch (mode) {
            case ENFORCED -> {
                if (!on) {
                    world.ambush().at(Moment.SWITCH, agent.host());
                    mode = Mode.RELAXING;
                    if (world.bug() == PlantedBug.RELAX_BEFORE_RECORD) {
                        relax(_ -> {});
                    }
                    agent.announcement().change(0, () -> relax(_ -> {}));
                }
            }
            case RELAXED -> {
                if (on) {
                    mode = Mode.ENFORCING;
                }
            }
            case ENFORCING -> {
                world.ambush().at(Moment.SWITCH, agent.host());
                enforce();
            }
            case RELAXING -> {}
        }
    }

    private void relax(Consumer<Boolean> then) {
        if (current() == null && world.bug() != PlantedBug.RELAX_WITHOUT_LEASE) {
            // What stands still because the lease ran out may be another host's by now: its record is looked at first.
            agent.later(GUARD_LOOK_MICROS, () -> relax(then));
            return;
        }
        mode = Mode.RELAXED;
        holding = false;
        agent.host().setRelaxed(true);
        feedAll(then);
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
        feedAll(told -> {
            if (told && mode == Mode.ENFORCING && Objects.equals(latest, feed)) {
                mode = Mode.ENFORCED;
                agent.host().setRelaxed(false);
                agent.announcement().change(terms.times().takeoverWaitMs(), () -> {});
            }
        });
    }
}
