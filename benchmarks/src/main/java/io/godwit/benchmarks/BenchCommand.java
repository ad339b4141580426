package io.godwit.benchmarks;

import io.godwit.benchmarks.grid.Configuration;
import io.godwit.benchmarks.grid.Plan;
import io.godwit.benchmarks.report.Report;
import io.godwit.benchmarks.run.Bench;
import io.godwit.benchmarks.run.Results;
import io.godwit.chaos.demo.Machine;
import io.godwit.chaos.lab.DownOnExit;
import io.godwit.chaos.lab.Repository;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/// What `./bench` runs once everything is built. It succeeds only if every run could be made and every guest was as
/// it should be afterwards; a move that did not converge is a result, not a failure.
@Command(
        name = "bench",
        description = "Moves the same guest with Godwit and with QEMU's own migration, in turns, on a lab on this"
                + " machine, and compares what both cost.",
        mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private final GridOptions grid = new GridOptions();

    @Option(names = "--json", description = "Print all figures as JSON; everything else goes to standard error.")
    private boolean json;

    @Option(
            names = "--save",
            paramLabel = "FILE",
            description = "Keep the tables in this Markdown file, and their pictures beside it.")
    private @Nullable Path save;

    @Option(names = "--name", description = "The lab's name (default: ${DEFAULT-VALUE}).")
    private String name = "bench";

    /// What `--json` prints.
    record Outcome(String command, Plan plan, Results results, Machine machine) {

        /// JSON has no word for what was lost and for what was not measured: they stand there as the strings
        /// `Infinity` and `NaN`.
        String json() {
            return JsonMapper.shared().writeValueAsString(this);
        }
    }

    public static void main(String... arguments) {
        CommandLine line = new CommandLine(new BenchCommand()).setCommandName("./bench");
        line.setExecutionExceptionHandler((e, command, _) -> {
            String reason = e instanceof InterruptedException ? "it was interrupted" : e.getMessage();
            command.getErr().println("The benchmark failed: " + (reason == null ? e.toString() : reason));
            return CommandLine.ExitCode.SOFTWARE;
        });
        System.exit(line.execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintStream out = json ? System.err : System.out;
        Plan plan = grid.plan();
        out.println("Cells: " + plan.cells().size() + ". Configurations: "
                + plan.configurations().stream().map(Configuration::name).collect(Collectors.joining(", "))
                + ". Runs of each: " + plan.runs());
        if (grid.quick) {
            out.println(grid.leftOut());
        }
        Results results;
        // Also on an interrupt, which ends this process but none of the lab's.
        try (DownOnExit _ = new DownOnExit(name);
                Bench bench = new Bench(plan, name, out)) {
            results = bench.run();
        }
        show(plan, results, out);
        return results.failures().isEmpty() ? 0 : 1;
    }

    private void show(Plan plan, Results results, PrintStream out) throws IOException {
        Machine machine = Machine.read(Repository.find());
        Report report = new Report(plan, results, machine, command());
        out.println(report.terminal());
        if (json) {
            System.out.println(new Outcome(command(), plan, results, machine).json());
        }
        Path file = save;
        if (file != null) {
            report.save(file);
            out.println("Kept in " + file);
        }
    }

    private String command() {
        List<String> given =
                spec == null ? List.of() : spec.commandLine().getParseResult().originalArgs();
        return ("./bench " + String.join(" ", given)).strip();
    }
}
