package io.godwit.chaos.simulation;

import io.godwit.agent.guard.GuardState;
import io.godwit.agent.guard.GuardState.Order;
import io.godwit.agent.guard.GuardedProcess;
import io.godwit.shim.linux.LinuxProcess;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The guard of a host: a process of its own that lives on when the agent dies or stands still. What it does is
/// decided by the class that runs in production. When the whole host stands still so does the guard, and looks at the
/// clock a little after the guests have gone on.
final class SimulatedGuard {
    /// Never reached: a guest with such a deadline runs on whatever becomes of ZooKeeper.
    static final long NEVER_NS = Long.MAX_VALUE;

    private static final long QUIET_NS_MAX = 60_000_000_000L;
    private static final long NAP_MICROS_MAX = 50 * Scheduler.MS;

    /// What pausing may take in all is a setting of the lease; the signals take the rest.
    private static final long LATE_MICROS_MAX = 200 * Scheduler.MS;

    private final World world;
    private final SimulatedHost host;
    private GuardState state = new GuardState();
    private final Map<GuardedProcess, Copy> processes = new HashMap<>();
    private int planned;

    SimulatedGuard(World world, SimulatedHost host) {
        this.world = world;
        this.host = host;
    }

    /// These guests may run until the first time, and exist until the second.
    void feed(long pauseAtNs, long killAtNs, Collection<Copy> copies) {
        state.feed(pauseAtNs, killAtNs, copies.stream().map(this::process).toList());
        act();
    }

    private GuardedProcess process(Copy copy) {
        GuardedProcess process =
                new GuardedProcess(copy.guest().name(), new LinuxProcess(copy.number(), copy.number()));
        processes.put(process, copy);
        return process;
    }

    /// The guests it looks after.
    List<Copy> held() {
        return List.copyOf(host.copies().values()).stream()
                .filter(processes::containsValue)
                .toList();
    }

    /// The host has lost its power.
    void lose() {
        state = new GuardState();
        processes.clear();
        planned++;
    }

    /// The host goes on at this time after it stood still.
    ///
    /// @return when the guard looks
    long thaws(long atMicros) {
        long looks = atMicros + world.dice().between(0, NAP_MICROS_MAX);
        world.clock().at(looks, this::act);
        return looks;
    }

    private void act() {
        if (!host.up() || host.frozen()) {
            return;
        }
        for (Order order : state.due(host.clockNs())) {
            carryOut(order);
        }
        plan();
    }

    private void carryOut(Order order) {
        Copy copy = processes.get(order.target());
        if (copy == null || copy.state() == Copy.State.GONE) {
            state.ended(order.target());
            processes.remove(order.target());
            return;
        }
        state.done(order);
        switch (order) {
            case Order.Pause _ -> copy.stop();
            case Order.Continue _ -> copy.goOn();
            case Order.Kill _ -> {
                world.tally().killed();
                copy.die();
                host.tellOfEnd(copy);
            }
        }
    }

    private void plan() {
        int number = ++planned;
        long quietNs = state.quietNs(host.clockNs(), QUIET_NS_MAX);
        if (quietNs == QUIET_NS_MAX) {
            return;
        }
        long late = world.trouble().guardDelay(LATE_MICROS_MAX);
        world.clock().after(host.drifted(quietNs / 1_000 + 1) + late, () -> {
            if (number == planned) {
                act();
            }
        });
    }
}
