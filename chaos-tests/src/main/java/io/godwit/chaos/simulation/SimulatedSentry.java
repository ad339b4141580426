package io.godwit.chaos.simulation;

import io.godwit.agent.guard.GuardState;
import io.godwit.agent.guard.GuardState.Order;
import io.godwit.agent.guard.GuardedProcess;
import io.godwit.shim.linux.LinuxProcess;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Carries out what the class of production orders. The guard's process is built around one, and the agent has another
/// as a second line.
final class SimulatedSentry {
    private static final long QUIET_NS_MAX = 60_000_000_000L;

    private final World world;
    private final SimulatedHost host;
    private final Whose whose;
    private final Map<GuardedProcess, Copy> processes = new HashMap<>();
    private GuardState state = new GuardState();
    private int planned;

    /// The process that runs it.
    interface Whose {
        boolean awake();

        /// @param micros on the clock of its host
        void wake(long micros, Runnable action);
    }

    SimulatedSentry(World world, SimulatedHost host, Whose whose) {
        this.world = world;
        this.host = host;
        this.whose = whose;
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

    /// The process that runs it is gone.
    void lose() {
        state = new GuardState();
        processes.clear();
        planned++;
    }

    /// How long it has nothing to do.
    long quietNs() {
        return state.quietNs(host.clockNs(), QUIET_NS_MAX);
    }

    void act() {
        if (!whose.awake()) {
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
        long quietNs = quietNs();
        if (quietNs < QUIET_NS_MAX) {
            whose.wake(quietNs / 1_000 + 1, () -> {
                if (number == planned) {
                    act();
                }
            });
        }
    }
}
