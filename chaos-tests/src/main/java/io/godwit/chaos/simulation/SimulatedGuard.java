package io.godwit.chaos.simulation;

import java.util.Collection;
import java.util.List;

/// The guard of a host: a process of its own that lives on when the agent dies or stands still. When it dies itself,
/// the
/// agent starts another, which knows nothing until it is fed. When the whole host stands still so does the guard, and
/// looks at the clock a little after the guests have gone on.
final class SimulatedGuard implements SimulatedSentry.Whose {
    /// Never reached: a guest with such a deadline runs on whatever becomes of ZooKeeper.
    static final long NEVER_NS = Long.MAX_VALUE;

    private static final long NAP_MICROS_MAX = 50 * Scheduler.MS;

    /// What pausing may take in all is a setting of the lease; the signals take the rest.
    private static final long LATE_MICROS_MAX = 200 * Scheduler.MS;

    private final World world;
    private final SimulatedHost host;
    private final SimulatedSentry sentry;
    private boolean up = true;
    private boolean fed = true;
    private long startableMicros;

    SimulatedGuard(World world, SimulatedHost host) {
        this.world = world;
        this.host = host;
        this.sentry = new SimulatedSentry(world, host, this);
    }

    void feed(long pauseAtNs, long killAtNs, Collection<Copy> copies) {
        sentry.feed(pauseAtNs, killAtNs, copies);
    }

    /// It has been fed with all that runs here.
    void complete() {
        fed = true;
    }

    List<Copy> held() {
        return sentry.held();
    }

    long quietNs() {
        return sentry.quietNs();
    }

    boolean up() {
        return up;
    }

    /// Whether it has been told of the guests since it was started.
    boolean covers() {
        return up && fed;
    }

    /// The process is gone, and with it all it knew.
    ///
    /// @param micros for which none can be started
    void die(long micros) {
        world.trace().note(host.name(), "", "guard dies", micros, "none for " + micros + " us");
        up = false;
        startableMicros = world.clock().nowMicros() + micros;
        sentry.lose();
    }

    boolean startable() {
        return world.clock().nowMicros() >= startableMicros;
    }

    void start() {
        world.trace().note(host.name(), "", "guard up", 0, "");
        up = true;
        fed = false;
    }

    /// The host has lost its power.
    void lose() {
        sentry.lose();
        up = true;
        fed = true;
    }

    /// The host goes on at this time after it stood still.
    ///
    /// @return when the guard looks
    long thaws(long atMicros) {
        long looks = atMicros + world.dice().between(0, NAP_MICROS_MAX);
        world.clock().at(looks, sentry::act);
        return looks;
    }

    @Override
    public boolean awake() {
        return up && host.up() && !host.frozen();
    }

    @Override
    public void wake(long micros, Runnable action) {
        world.clock().after(host.drifted(micros) + world.trouble().guardDelay(LATE_MICROS_MAX), action);
    }
}
