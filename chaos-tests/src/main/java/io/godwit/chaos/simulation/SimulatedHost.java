package io.godwit.chaos.simulation;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A machine: its processes, its files, its clock. A frozen host does nothing and loses nothing.
final class SimulatedHost {
    private static final long NEVER = -1;

    private final World world;
    private final String name;
    private final double clockRate;
    private final Map<SimulatedGuest, Copy> copies = new LinkedHashMap<>();
    private final Map<String, Long> pauseNotes = new HashMap<>();
    private @Nullable Agent agent;
    private boolean up = true;
    private boolean lost;
    private final SimulatedGuard guard;
    private int boot = 1;
    private long frozenUntil;
    private long unwatchedUntil = NEVER;
    private boolean relaxed;

    SimulatedHost(World world, String name, double clockRate) {
        this.world = world;
        this.name = name;
        this.clockRate = clockRate;
        this.guard = new SimulatedGuard(world, this);
    }

    String name() {
        return name;
    }

    String bootId() {
        return name + "-boot-" + boot;
    }

    SimulatedGuard guard() {
        return guard;
    }

    /// Whether the guard lets guests run on without ZooKeeper, because failover is switched off.
    boolean relaxed() {
        return relaxed;
    }

    void setRelaxed(boolean isRelaxed) {
        relaxed = isRelaxed;
    }

    /// What this machine's clock shows. It goes on while the machine stands still.
    long clockNs() {
        return Math.round(world.clock().nowMicros() * 1_000 / clockRate);
    }

    Map<SimulatedGuest, Copy> copies() {
        return copies;
    }

    /// By guest, the epoch in which its operator paused it: files, so a restart of the agent does not lose them.
    Map<String, Long> pauseNotes() {
        return pauseNotes;
    }

    @Nullable
    Agent agent() {
        return agent;
    }

    boolean up() {
        return up;
    }

    /// Whether it never comes back.
    boolean lost() {
        return lost;
    }

    boolean frozen() {
        return frozenUntil > world.clock().nowMicros();
    }

    void freeze(long micros) {
        note("frozen", micros);
        frozenUntil = Math.max(frozenUntil, world.clock().nowMicros() + micros);
        if (world.setting().leaseEnforced()) {
            unwatchedUntil = Math.max(unwatchedUntil, guard.thaws(frozenUntil));
        }
    }

    /// How long until its guard would do something if nobody fed it.
    long untilDeadlineMicros() {
        return drifted(guard.quietNs() / 1_000);
    }

    /// Whether the machine stood still and its guard has not looked at the clock since: what a guest does in that
    /// moment no lease can keep it from.
    boolean unwatched() {
        return world.clock().nowMicros() <= unwatchedUntil && !frozen();
    }

    /// How long a delay of its own becomes on a clock that is right.
    long drifted(long delayMicros) {
        return Math.round(delayMicros * clockRate);
    }

    /// Something this machine does by itself after a while, if it is still the same boot then.
    void local(long delayMicros, Runnable action) {
        int then = boot;
        world.clock().after(delayMicros, () -> act(then, action));
    }

    private void act(int then, Runnable action) {
        if (!up || then != boot) {
            return;
        }
        if (frozen()) {
            world.clock().at(frozenUntil, () -> act(then, action));
        } else {
            action.run();
        }
    }

    void startAgent() {
        if (up && agent == null) {
            note("agent up", boot);
            Agent fresh = new Agent(world, this);
            agent = fresh;
            fresh.start();
        }
    }

    /// The agent hears that a guest's process has ended.
    void tellOfEnd(Copy copy) {
        Agent present = agent;
        if (present != null) {
            present.deliver(() -> present.ends().onGone(copy));
        }
    }

    /// The kernel tells those it spoke with, as far as the network lets it; each process has a session of its own.
    void killAgent() {
        Agent dead = agent;
        if (dead != null) {
            note("agent dies", boot);
            agent = null;
            dead.peers().forEach(dead::reset);
        }
    }

    void loseAgent() {
        agent = null;
    }

    void powerOff(boolean forGood) {
        note(forGood ? "ruined" : "power off", boot);
        up = false;
        lost = forGood;
        frozenUntil = 0;
        unwatchedUntil = NEVER;
        loseAgent();
        List.copyOf(copies.values()).forEach(Copy::die);
        guard.lose();
        relaxed = false;
    }

    void powerOn() {
        if (!lost && !up) {
            boot++;
            up = true;
            note("power on", boot);
        }
    }

    private void note(String what, long figure) {
        world.trace().note(name, "", what, figure, figure);
    }
}
