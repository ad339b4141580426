package io.godwit.agent.guard;

import io.godwit.agent.guard.GuardState.Order;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.LinuxClock;
import io.godwit.shim.linux.LinuxProcess.Signal;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Carries out what a [GuardState] orders. The guard is built around one; the agent has another as a second
/// line.
final class Sentry {
    private final GuardState state = new GuardState();
    private final Consumer<String> log;

    Sentry(Consumer<String> log) {
        this.log = log;
    }

    synchronized void feed(long pauseAtNs, long killAtNs, Collection<GuardedProcess> processes) {
        state.feed(pauseAtNs, killAtNs, processes);
        act();
    }

    synchronized void cap(long pauseAtNs, long killAtNs, Collection<GuardedProcess> processes) {
        state.cap(pauseAtNs, killAtNs, processes);
        act();
    }

    /// How long a process has outlived its second deadline; 0 if none has.
    synchronized long overdueNs() {
        return state.overdueNs(LinuxClock.bootTimeNs());
    }

    /// Does what is due. What could not be done is tried again at the next call.
    synchronized void act() {
        for (Order order : state.due(LinuxClock.bootTimeNs())) {
            carryOut(order);
        }
    }

    synchronized Set<GuardedProcess> held() {
        return state.held();
    }

    /// Drops the processes that have ended.
    synchronized void sweep() {
        for (GuardedProcess held : state.held()) {
            if (!held.process().isAlive()) {
                state.ended(held);
            }
        }
    }

    synchronized long quietNs(long mostNs) {
        return state.quietNs(LinuxClock.bootTimeNs(), mostNs);
    }

    private void carryOut(Order order) {
        GuardedProcess target = order.target();
        Signal signal = switch (order) {
            case Order.Pause _ -> Signal.STOP;
            case Order.Kill _ -> Signal.KILL;
            case Order.Continue _ -> Signal.CONT;
        };
        try {
            if (!target.process().signal(signal)) {
                state.ended(target);
                return;
            }
            long lateUs = TimeUnit.NANOSECONDS.toMicros(state.lateNs(order, LinuxClock.bootTimeNs()));
            if (state.done(order)) {
                log.accept("guest " + target.guest() + ", process "
                        + target.process().pid() + ": " + signal
                        + (order instanceof Order.Continue ? "" : ", " + lateUs + " us after its deadline"));
            }
        } catch (HypervisorException e) {
            log.accept("guest " + target.guest() + ", process "
                    + target.process().pid() + ": " + signal + " failed: " + e.getMessage());
        }
    }
}
