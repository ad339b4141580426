package io.godwit.chaos.simulation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One run: trouble for a while, calm for a while, and the invariants after every single event.
final class Simulation {
    private static final long TROUBLE_MICROS = 20 * Scheduler.SECOND;

    /// The longest that a message or a request of the time of trouble can still be under way.
    private static final long STRAYS_MICROS = 6 * Scheduler.SECOND;

    /// Within this after the last accident every guest has to run.
    private static final long RECOVERY_MICROS = 30 * Scheduler.SECOND;

    private final World world;
    private final long seed;
    private final EveryGuestRuns atTheEnd = new EveryGuestRuns();
    private final List<Invariant> invariants = List.of(
            new OneExecutor(),
            new OneWriter(),
            new RunsOnItsRecord(),
            new EpochGrows(),
            new WritesSurvive(),
            new MemorySurvives(),
            new OneAddressOwner());

    /// @param violation what was found to be wrong; null if nothing was
    /// @param traceHash the same for two runs that are the same event for event
    /// @param lines     what happened, if it was to be recorded
    record Outcome(long seed, @Nullable String violation, long traceHash, Tally tally, List<String> lines) {}

    private Simulation(long seed, PlantedBug bug, boolean recording) {
        this.seed = seed;
        world = new World(seed, bug, recording);
    }

    static Outcome run(long seed, PlantedBug bug, boolean recording) {
        return new Simulation(seed, bug, recording).run();
    }

    private Outcome run() {
        world.hosts().forEach(SimulatedHost::startAgent);
        new Operator(world).begin();
        new Faults(world, TROUBLE_MICROS).begin();
        String violation = null;
        while (violation == null && world.clock().nowMicros() < TROUBLE_MICROS + STRAYS_MICROS) {
            violation = step();
        }
        while (violation == null && atTheEnd.broken(world) != null) {
            violation = world.clock().nowMicros() < TROUBLE_MICROS + RECOVERY_MICROS ? step() : tooLate();
        }
        if (violation != null) {
            world.trace().note("", "", "VIOLATION", 0, violation);
        }
        return new Outcome(
                seed,
                violation,
                world.trace().hash(),
                world.tally(),
                world.trace().lines());
    }

    private @Nullable String step() {
        world.tally().event();
        world.clock().step();
        for (Invariant invariant : invariants) {
            String broken = invariant.broken(world);
            if (broken != null) {
                return TraceWords.of(broken);
            }
        }
        return null;
    }

    private String tooLate() {
        return RECOVERY_MICROS / Scheduler.SECOND + " s after the last accident, "
                + TraceWords.of(String.valueOf(atTheEnd.broken(world)));
    }
}
