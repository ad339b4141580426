package io.godwit.chaos.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/// What `./simulate` runs once everything is built. It succeeds only if no seed broke an invariant.
@Command(
        name = "simulate",
        description = "Runs the code that decides who owns a guest against a simulated data centre where everything"
                + " fails, seed by seed, and checks after each event that nothing went wrong.",
        mixinStandardHelpOptions = true)
public final class SimulationCommand implements Callable<Integer> {
    private static final int VIOLATIONS_SHOWN_MAX = 10;

    @Option(names = "--seeds", description = "How many seeds to run (default: ${DEFAULT-VALUE}).")
    private long seeds = 1_000;

    @Option(names = "--from", description = "The first of them (default: ${DEFAULT-VALUE}).")
    private long from = 1;

    @Option(names = "--seed", description = "Run this one seed and print all that happens.")
    private @Nullable Long seed;

    @Option(names = "--plant", description = "Make a mistake on purpose: ${COMPLETION-CANDIDATES}.")
    private PlantedBug bug = PlantedBug.NONE;

    @Option(names = "--json", description = "Print the summary as JSON.")
    private boolean json;

    /// What `--json` prints.
    record Summary(
            long from,
            long seeds,
            String planted,
            long handovers,
            long commits,
            long takeBacks,
            long starts,
            long faults,
            long events,
            double seconds,
            long handoversPerMinute,
            long violations,
            List<Violation> first) {}

    record Violation(long seed, String what, String replay) {}

    public static void main(String... arguments) {
        System.exit(new CommandLine(new SimulationCommand())
                .setCommandName("./simulate")
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(arguments));
    }

    @Override
    public Integer call() {
        Long one = seed;
        if (one != null) {
            return replay(one);
        }
        if (seeds < 1) {
            throw new IllegalArgumentException("--seeds must be at least 1: " + seeds);
        }
        Summary summary = runAll();
        if (json) {
            System.out.println(new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(summary));
        } else {
            print(summary);
        }
        return summary.violations() == 0 ? 0 : 1;
    }

    private int replay(long one) {
        Simulation.Outcome outcome = Simulation.run(one, bug, true);
        if (!json) {
            outcome.lines().forEach(System.out::println);
        }
        String violation = outcome.violation();
        System.out.printf(
                Locale.ROOT,
                "Seed %d: %d events, %d handovers, trace %016x: %s%n",
                one,
                outcome.events(),
                outcome.tally().handovers(),
                outcome.traceHash(),
                violation == null ? "every invariant held" : violation);
        return violation == null ? 0 : 1;
    }

    private Summary runAll() {
        long started = System.nanoTime();
        long[] sums = new long[6];
        long violations = 0;
        List<Violation> first = new ArrayList<>();
        for (long next = from; next < from + seeds; next++) {
            Simulation.Outcome outcome = Simulation.run(next, bug, false);
            Tally tally = outcome.tally();
            sums[0] += tally.handovers();
            sums[1] += tally.commits();
            sums[2] += tally.takeBacks();
            sums[3] += tally.starts();
            sums[4] += tally.faults();
            sums[5] += outcome.events();
            String violation = outcome.violation();
            if (violation != null) {
                violations++;
                if (first.size() < VIOLATIONS_SHOWN_MAX) {
                    first.add(new Violation(next, violation, replayCommand(next)));
                }
            }
        }
        double seconds = (System.nanoTime() - started) / 1e9;
        return new Summary(
                from,
                seeds,
                bug.words(),
                sums[0],
                sums[1],
                sums[2],
                sums[3],
                sums[4],
                sums[5],
                seconds,
                Math.round(sums[0] * 60 / seconds),
                violations,
                first);
    }

    private String replayCommand(long broken) {
        return "./simulate --seed " + broken + (bug == PlantedBug.NONE ? "" : " --plant " + bug);
    }

    private static void print(Summary summary) {
        for (Violation violation : summary.first()) {
            System.out.printf("Seed %d: %s%n  replay: %s%n", violation.seed(), violation.what(), violation.replay());
        }
        System.out.printf(
                Locale.ROOT,
                "%d seeds from %d with %s: %d violations%n"
                        + "%d handovers (%d committed, %d taken back), %d starts, %d faults, %d events in %.1f s%n"
                        + "%d simulated handovers a minute%n",
                summary.seeds(),
                summary.from(),
                summary.planted(),
                summary.violations(),
                summary.handovers(),
                summary.commits(),
                summary.takeBacks(),
                summary.starts(),
                summary.faults(),
                summary.events(),
                summary.seconds(),
                summary.handoversPerMinute());
    }
}
