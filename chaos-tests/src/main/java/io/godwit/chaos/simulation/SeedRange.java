package io.godwit.chaos.simulation;

import java.util.ArrayList;
import java.util.List;

/// Many seeds, one after the other, with the same mistake planted or none.
record SeedRange(long from, long seeds, PlantedBug bug) {
    private static final int VIOLATIONS_TOLD_MAX = 10;

    /// What broke, and how to see it again.
    record Violation(long seed, String what, String replay) {}

    /// @param handovers  how often a record began to say HANDOVER
    /// @param takeovers     guests that another host started after the death of their own
    /// @param removals      guests that their operator destroyed, with their records
    /// @param kills         guests that a guard ended because the lease had run out
    /// @param refusedWrites writes that the image server turned away
    /// @param violations seeds that broke an invariant
    /// @param first      the first few of them
    record Summary(
            long from,
            long seeds,
            String planted,
            long handovers,
            long commits,
            long takeBacks,
            long starts,
            long takeovers,
            long removals,
            long kills,
            long refusedWrites,
            long faults,
            long events,
            double seconds,
            long handoversPerMinute,
            long violations,
            List<Violation> first) {}

    SeedRange {
        if (seeds < 1) {
            throw new IllegalArgumentException("There must be at least one seed to run: " + seeds);
        }
    }

    /// Runs them all, whatever breaks.
    Summary run() {
        long startedNanos = System.nanoTime();
        Tally sum = new Tally();
        long violations = 0;
        List<Violation> first = new ArrayList<>();
        for (long seed = from; seed < from + seeds; seed++) {
            Simulation.Outcome outcome = Simulation.run(seed, bug, false);
            sum.add(outcome.tally());
            String violation = outcome.violation();
            if (violation != null) {
                violations++;
                if (first.size() < VIOLATIONS_TOLD_MAX) {
                    first.add(new Violation(seed, violation, replay(seed)));
                }
            }
        }
        double seconds = (System.nanoTime() - startedNanos) / 1e9;
        return new Summary(
                from,
                seeds,
                bug.words(),
                sum.handovers(),
                sum.commits(),
                sum.takeBacks(),
                sum.starts(),
                sum.takeovers(),
                sum.removals(),
                sum.kills(),
                sum.refusedWrites(),
                sum.faults(),
                sum.events(),
                seconds,
                Math.round(sum.handovers() * 60 / seconds),
                violations,
                first);
    }

    private String replay(long seed) {
        return "./simulate --seed " + seed + (bug == PlantedBug.NONE ? "" : " --plant " + bug);
    }
}
