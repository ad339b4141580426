package io.godwit.agent.guard;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Which guests may run until when. Pure: feeds and the time come in, orders come out. An order is due again
/// until it is reported as carried out, and a pause for as long as it lasts, so that nobody else's SIGCONT
/// undoes it.
///
/// Each process has deadlines of its own, and only a feed that names it moves them: an agent that has just
/// started and knows half of the guests neither prolongs the others nor lets them slip. A process leaves when
/// it has ended.
///
/// Public because the simulation runs this very class.
public final class GuardState {
    private final Map<GuardedProcess, Deadlines> guests = new HashMap<>();

    /// @param stopped whether we may have stopped it; true also for one that a guard before us may have stopped
    /// @param fed     whether it may ever be continued: only who was fed is known to be this host's
    /// @param killed  whether we have sent it its end, which it may not have met yet
    private record Deadlines(long pauseAtNs, long killAtNs, boolean stopped, boolean fed, boolean killed) {}

    /// What the guard has to do to a process.
    public sealed interface Order {
        GuardedProcess target();

        record Pause(GuardedProcess target) implements Order {}

        record Kill(GuardedProcess target) implements Order {}

        record Continue(GuardedProcess target) implements Order {}
    }

    /// These processes may run until the first deadline and exist until the second.
    public void feed(long pauseAtNs, long killAtNs, Collection<GuardedProcess> processes) {
        for (GuardedProcess process : processes) {
            Deadlines before = guests.get(process);
            guests.put(process, new Deadlines(pauseAtNs, killAtNs, before == null || before.stopped(), true, false));
        }
    }

    /// These processes end no later than at these deadlines, whatever they were promised. Prolongs nothing and
    /// continues nobody, so it needs no proof that they are this host's.
    void cap(long pauseAtNs, long killAtNs, Collection<GuardedProcess> processes) {
        for (GuardedProcess process : processes) {
            Deadlines before = guests.get(process);
            guests.put(
                    process,
                    before == null
                            ? new Deadlines(pauseAtNs, killAtNs, true, false, false)
                            : new Deadlines(
                                    Math.min(before.pauseAtNs(), pauseAtNs),
                                    Math.min(before.killAtNs(), killAtNs),
                                    before.stopped(),
                                    before.fed(),
                                    before.killed()));
        }
    }

    /// What is to be done now, killing before pausing before continuing.
    public List<Order> due(long nowNs) {
        List<Order> kills = new ArrayList<>();
        List<Order> pauses = new ArrayList<>();
        List<Order> continues = new ArrayList<>();
        guests.forEach((process, deadlines) -> {
            if (nowNs >= deadlines.killAtNs()) {
                kills.add(new Order.Kill(process));
            } else if (nowNs >= deadlines.pauseAtNs()) {
                pauses.add(new Order.Pause(process));
            } else if (deadlines.stopped() && deadlines.fed()) {
                continues.add(new Order.Continue(process));
            }
        });
        kills.addAll(pauses);
        kills.addAll(continues);
        return kills;
    }

    /// The order was carried out.
    ///
    /// @return whether this is news: an order stays due until the process has ended
    public boolean done(Order order) {
        Deadlines before = guests.get(order.target());
        if (before == null) {
            return false;
        }
        boolean stopped = switch (order) {
            case Order.Continue _ -> false;
            case Order.Pause _, Order.Kill _ -> true;
        };
        boolean killed = switch (order) {
            case Order.Kill _ -> true;
            case Order.Pause _, Order.Continue _ -> before.killed();
        };
        guests.put(order.target(), new Deadlines(before.pauseAtNs(), before.killAtNs(), stopped, before.fed(), killed));
        return before.stopped() != stopped || before.killed() != killed;
    }

    public void ended(GuardedProcess process) {
        guests.remove(process);
    }

    public Set<GuardedProcess> held() {
        return Set.copyOf(guests.keySet());
    }

    /// How long nothing changes by itself, at most the given time; at least zero.
    public long quietNs(long nowNs, long mostNs) {
        long quiet = mostNs;
        for (Deadlines deadlines : guests.values()) {
            for (long at : new long[] {deadlines.pauseAtNs(), deadlines.killAtNs()}) {
                if (at > nowNs) {
                    quiet = Math.min(quiet, at - nowNs);
                }
            }
        }
        return Math.max(0, quiet);
    }

    /// How long ago the second deadline of a process that is still there has passed; 0 if of none has.
    long overdueNs(long nowNs) {
        return guests.values().stream()
                .mapToLong(deadlines -> Math.max(0, nowNs - deadlines.killAtNs()))
                .max()
                .orElse(0);
    }

    /// How long ago the order fell due: the margin that was used up.
    public long lateNs(Order order, long nowNs) {
        Deadlines deadlines = guests.get(order.target());
        if (deadlines == null) {
            return 0;
        }
        return switch (order) {
            case Order.Pause _ -> nowNs - deadlines.pauseAtNs();
            case Order.Kill _ -> nowNs - deadlines.killAtNs();
            case Order.Continue _ -> 0;
        };
    }
}
