package io.godwit.chaos.simulation;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/// What `./simulate` runs once everything is built. It succeeds only if no seed broke an invariant.
@Command(
        name = "simulate",
        description = "Runs the code that decides who owns a guest in a simulated data centre where everything fails,"
                + " seed by seed, and checks after each event that nothing went wrong.",
        mixinStandardHelpOptions = true)
public final class SimulationCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--seeds", description = "How many seeds to run (default: ${DEFAULT-VALUE}).")
    private long seeds = 1_000;

    @Option(names = "--from", description = "The first of them (default: ${DEFAULT-VALUE}).")
    private long from = 1;

    @Option(names = "--seed", description = "Run this one seed and print all that happens.")
    private @Nullable Long seed;

    @Option(names = "--plant", description = "Make a mistake on purpose: ${COMPLETION-CANDIDATES}.")
    private PlantedBug bug = PlantedBug.NONE;

    @Option(names = "--json", description = "Print what was found as JSON.")
    private boolean json;

    /// What `--seed` with `--json` prints.
    record Replay(
            long seed,
            long events,
            long handovers,
            String trace,
            @Nullable String violation,
            List<String> lines) {}

    public static void main(String... arguments) {
        System.exit(line().execute(arguments));
    }

    static CommandLine line() {
        CommandLine line = new CommandLine(new SimulationCommand()).setCommandName("./simulate");
        line.setExecutionExceptionHandler((e, command, _) -> {
            command.getErr().println("The simulation failed: " + e);
            return CommandLine.ExitCode.SOFTWARE;
        });
        return line;
    }

    @Override
    public Integer call() {
        Long one = seed;
        return one == null ? runAll() : replay(one);
    }

    private int replay(long one) {
        Simulation.Outcome outcome = Simulation.run(one, bug, true);
        Replay replay = new Replay(
                one,
                outcome.tally().events(),
                outcome.tally().handovers(),
                String.format(Locale.ROOT, "%016x", outcome.traceHash()),
                outcome.violation(),
                outcome.lines());
        if (json) {
            print(replay);
        } else {
            PrintWriter out = out();
            replay.lines().forEach(out::println);
            out.printf(
                    Locale.ROOT,
                    "Seed %d: %d events, %d handovers, trace %s: %s%n",
                    one,
                    replay.events(),
                    replay.handovers(),
                    replay.trace(),
                    replay.violation() == null ? "every invariant held" : replay.violation());
            out.flush();
        }
        return replay.violation() == null ? 0 : 1;
    }

    private int runAll() {
        SeedRange.Summary summary = new SeedRange(from, seeds, bug).run();
        if (json) {
            print(summary);
        } else {
            print(summary, out());
        }
        return summary.violations() == 0 ? 0 : 1;
    }

    private static void print(SeedRange.Summary summary, PrintWriter out) {
        for (SeedRange.Violation violation : summary.first()) {
            out.printf("Seed %d: %s%n  replay: %s%n", violation.seed(), violation.what(), violation.replay());
        }
        out.printf(
                Locale.ROOT,
                "%d seeds from %d, %s: %d violations%n"
                        + "%d handovers (%d committed, %d taken back), %d takeovers, %d starts, %d destroyed,"
                        + " %d ended by a guard, %d writes refused%n"
                        + "%d faults, %d events in %.1f s%n"
                        + "%d simulated handovers a minute%n",
                summary.seeds(),
                summary.from(),
                summary.planted(),
                summary.violations(),
                summary.handovers(),
                summary.commits(),
                summary.takeBacks(),
                summary.takeovers(),
                summary.starts(),
                summary.removals(),
                summary.kills(),
                summary.refusedWrites(),
                summary.faults(),
                summary.events(),
                summary.seconds(),
                summary.handoversPerMinute());
        out.flush();
    }

    private void print(Object value) {
        out().println(new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(value));
        out().flush();
    }

    private PrintWriter out() {
        if (spec == null) {
            throw new IllegalStateException("The command was not called through its command line");
        }
        return spec.commandLine().getOut();
    }
}
