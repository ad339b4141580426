package io.godwit.chaos.run;

import io.godwit.chaos.demo.Machine;
import io.godwit.chaos.faults.FaultKind;
import io.godwit.chaos.lab.DownOnExit;
import io.godwit.chaos.lab.Repository;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/// What `./chaos` runs once everything is built. It succeeds only if every check held.
@Command(
        name = "chaos",
        description = "Lets faults hit a data centre of real parts on this machine while its guests work and migrate,"
                + " and checks afterwards that each guest had one owner and lost nothing.",
        mixinStandardHelpOptions = true)
public final class ChaosCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--minutes", description = "How long faults are made (default: ${DEFAULT-VALUE}).")
    private double minutes = 5;

    @Option(names = "--seed", description = "Draws the faults; by default a new one, which is printed.")
    private @Nullable Long seed;

    @Option(names = "--guests", description = "From 1 to 9 (default: ${DEFAULT-VALUE}).")
    private int guests = 3;

    @Option(
            names = "--faults",
            split = ",",
            paramLabel = "KIND",
            description = "Only these kinds, divided by commas: ${COMPLETION-CANDIDATES}.")
    private Set<FaultKind> faults = EnumSet.noneOf(FaultKind.class);

    @Option(
            names = "--settle-s",
            paramLabel = "S",
            description = "How long guests may take to be up again once faults cease (default: ${DEFAULT-VALUE}).")
    private int settleS = 90;

    @Option(names = "--image-server", description = "Let a fourth host serve the images, and be hit too.")
    private boolean imageServer;

    @Option(names = "--operator", description = "Start guests by hand that were recorded as stopped.")
    private boolean operator;

    @Option(names = "--name", description = "The lab's name (default: ${DEFAULT-VALUE}).")
    private String name = "chaos";

    @Option(names = "--save", paramLabel = "FILE", description = "Keep the report in this Markdown file.")
    private @Nullable Path save;

    @Option(names = "--json", description = "Print the figures as JSON; everything else goes to standard error.")
    private boolean json;

    public static void main(String... arguments) {
        CommandLine line = new CommandLine(new ChaosCommand()).setCommandName("./chaos");
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((e, command, _) -> {
            String reason = e instanceof InterruptedException ? "it was interrupted" : e.getMessage();
            command.getErr().println("The run failed: " + (reason == null ? e.toString() : reason));
            return CommandLine.ExitCode.SOFTWARE;
        });
        System.exit(line.execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintStream out = json ? System.err : System.out;
        Long given = seed;
        long drawn = given == null ? System.currentTimeMillis() % 1_000_000 : given;
        ChaosSettings settings = ChaosSettings.standard(name, Duration.ofMillis((long) (minutes * 60_000)), drawn)
                .withGuests(guests)
                .withFaults(faults.isEmpty() ? EnumSet.allOf(FaultKind.class) : faults, imageServer)
                .withOperator(operator)
                .withSettle(Duration.ofSeconds(settleS));
        Outcome outcome;
        // Also on an interrupt, which ends this process but none of the lab's.
        try (DownOnExit _ = new DownOnExit(name)) {
            outcome = ChaosRun.run(settings, out);
        }
        show(outcome, settings, out);
        return outcome.held() ? 0 : 1;
    }

    private void show(Outcome outcome, ChaosSettings settings, PrintStream out) throws IOException {
        ChaosReport report = new ChaosReport(outcome, commandLine(settings.seed()), Machine.read(Repository.find()));
        out.println("\n%d faults of %d kinds\n\n%s\n%s\n%s"
                .formatted(outcome.faults(), outcome.kinds(), report.checks(), report.margins(), report.faults()));
        if (json) {
            System.out.println(JsonMapper.shared().writeValueAsString(outcome));
        }
        Path file = save;
        if (file != null) {
            Files.createDirectories(Objects.requireNonNull(file.toAbsolutePath().getParent()));
            Files.writeString(file, report.markdown());
            out.println("Kept in " + file);
        }
        out.println((outcome.held() ? "All held. " : "NOT all held. ") + "History and logs: " + settings.folder());
        out.println("The same faults again: " + commandLine(settings.seed()));
    }

    /// With the seed, though it may not have been given.
    private String commandLine(long drawn) {
        List<String> given =
                spec == null ? List.of() : spec.commandLine().getParseResult().originalArgs();
        String words = String.join(" ", given);
        return "./chaos " + words + (words.contains("--seed") ? "" : (words.isEmpty() ? "" : " ") + "--seed " + drawn);
    }
}
