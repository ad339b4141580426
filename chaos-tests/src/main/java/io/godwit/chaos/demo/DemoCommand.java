package io.godwit.chaos.demo;

import io.godwit.chaos.lab.DownOnExit;
import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabSettings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/// What `./demo` runs once everything is built.
@Command(
        name = "demo",
        description = "Moves a running guest between two hosts of a lab on this machine, and shows what it cost.",
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
    private static final String LAB = "demo";
    private static final int MOVES_MAX = 1000;

    @Option(names = "--moves", description = "Moves, there and back in turn (default: ${DEFAULT-VALUE}).")
    private int moves = 2;

    @Option(names = "--rate", description = "Speed of each host's link (default: ${DEFAULT-VALUE}).")
    private String rate = "1gbit";

    @Option(names = "--json", description = "Print the figures as JSON; everything else goes to standard error.")
    private boolean json;

    @Option(names = "--save", description = "Keep the table, with machine and versions, in this Markdown file.")
    private @Nullable Path save;

    /// What `--json` prints.
    record Outcome(List<DemoMove> moves, List<String> failures, Machine machine) {}

    public static void main(String... arguments) {
        CommandLine line = new CommandLine(new DemoCommand()).setCommandName("./demo");
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            String reason = e instanceof InterruptedException ? "it was interrupted" : e.getMessage();
            command.getErr().println("The demonstration failed: " + (reason == null ? e.toString() : reason));
            return CommandLine.ExitCode.SOFTWARE;
        });
        System.exit(line.execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (moves < 1 || moves > MOVES_MAX) {
            throw new IllegalArgumentException("--moves is not from 1 to " + MOVES_MAX + ": " + moves);
        }
        PrintStream out = json ? System.err : System.out;
        LabSettings settings =
                LabSettings.standard(LAB).withHosts(2).withLinkRate(rate).asOperatorsHave();
        out.println("Bringing up a lab: two hosts, a client, ZooKeeper; links of " + rate);
        Outcome outcome;
        // Also on an interrupt, which ends this process but none of the lab's.
        try (DownOnExit _ = new DownOnExit(LAB);
                Lab lab = Lab.up(settings)) {
            Demo demo = new Demo(lab, out);
            List<DemoMove> done = demo.run(moves);
            demo.end();
            outcome = new Outcome(done, demo.failures(), Machine.read(settings.repository()));
            if (!outcome.failures().isEmpty()) {
                out.println(lab.logs());
            }
        }
        show(outcome, out);
        return outcome.failures().isEmpty() ? 0 : 1;
    }

    private void show(Outcome outcome, PrintStream out) throws IOException {
        out.println("\n" + DemoTable.of(outcome.moves()));
        outcome.failures().forEach(failure -> out.println("FAILED: " + failure));
        if (json) {
            System.out.println(JsonMapper.shared().writeValueAsString(outcome));
        }
        if (save != null) {
            Files.createDirectories(Objects.requireNonNull(save.toAbsolutePath().getParent()));
            Files.writeString(save, markdown(outcome));
            out.println("Kept in " + save);
        }
    }

    private String markdown(Outcome outcome) {
        String failures =
                outcome.failures().isEmpty() ? "" : "\nFailures: " + String.join("; ", outcome.failures()) + "\n";
        return """
                # Moves of a %d MiB guest over %s links

                Measured on %s by `./demo --moves %d --rate %s`. The guest writes 20 MiB/s again and again within 64 MiB,
                with 256 MiB filled in all, and is pinged every 10 ms from a namespace of its own over the link the
                migration uses. *Ping silence* is the longest time between two answers, so it contains the 10 ms
                between two pings.

                %s
                %s%s""".formatted(
                        Demo.GUEST_MIB,
                        rate,
                        LocalDate.now(java.time.ZoneOffset.UTC),
                        moves,
                        rate,
                        DemoTable.of(outcome.moves()),
                        outcome.machine().markdown(),
                        failures);
    }
}
