package io.godwit.benchmarks.report;

import io.godwit.benchmarks.grid.Cell;
import io.godwit.benchmarks.grid.Configuration;
import io.godwit.benchmarks.grid.Plan;
import io.godwit.benchmarks.run.Results;
import io.godwit.benchmarks.run.Run;
import io.godwit.chaos.demo.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/// Everything that was measured, for people: on a terminal, and as a file with its pictures.
///
/// @param command as it was typed
public record Report(Plan plan, Results results, Machine machine, String command) {

    /// The tables alone.
    public String terminal() {
        StringBuilder text = new StringBuilder();
        for (Cell cell : measured()) {
            CellReport report = new CellReport(Group.of(results.runs(), cell));
            text.append("\n").append(cell.title()).append("\n\n").append(report.seen());
            text.append('\n').append(report.costs());
            if (!report.comparison().isEmpty()) {
                text.append('\n').append(report.comparison());
            }
            report.reasons().forEach(reason -> text.append(reason).append('\n'));
        }
        results.failures().forEach(failure -> text.append("\nFAILED: ").append(failure));
        return text.toString();
    }

    /// Writes the Markdown file and, beside it, a picture of the silences and one of the rounds of each cell.
    public void save(Path file) throws IOException {
        Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
        Files.createDirectories(folder);
        String stem = Objects.requireNonNull(file.getFileName()).toString().replaceFirst("\\.md$", "");
        for (Cell cell : measured()) {
            List<Group> groups = Group.of(results.runs(), cell);
            Files.writeString(folder.resolve(picture(stem, cell, "silence")), Plots.silence(groups, cell.title()));
            Files.writeString(folder.resolve(picture(stem, cell, "rounds")), Plots.rounds(groups, cell.title()));
        }
        Files.writeString(file, markdown(stem));
    }

    String markdown(String stem) {
        StringBuilder text = new StringBuilder("""
                # Godwit beside QEMU's own migration

                Measured on %s by `%s`. A guest of %d MiB, half of it filled, moves once from host 1 to host 2 in each
                run; the configurations take turns. Figures are medians, with the smallest and the largest in brackets;
                times, silences and costs are of completed runs, all else of all. Both may plan with %d ms of downtime,
                and have %d s. [README.md](README.md) says what is measured and how.

                %s
                %s""".formatted(
                        LocalDate.now(ZoneOffset.UTC),
                        command,
                        plan.memoryMiB(),
                        plan.downtimeMs(),
                        plan.timeoutS(),
                        machine.markdown(),
                        configurations()));
        measured().forEach(cell -> addCell(text, stem, cell));
        if (!results.failures().isEmpty()) {
            text.append("\n## Failures\n\n");
            results.failures()
                    .forEach(failure -> text.append("- ").append(failure).append('\n'));
        }
        return text.toString();
    }

    private void addCell(StringBuilder text, String stem, Cell cell) {
        CellReport report = new CellReport(Group.of(results.runs(), cell));
        text.append("\n## ").append(cell.title()).append("\n\n").append(report.seen());
        if (!report.comparison().isEmpty()) {
            text.append('\n').append(report.comparison());
        }
        text.append('\n').append(report.costs()).append('\n');
        text.append("![Longest silence](")
                .append(picture(stem, cell, "silence"))
                .append(")\n\n");
        text.append("![Rounds over time](")
                .append(picture(stem, cell, "rounds"))
                .append(")\n");
        if (!report.reasons().isEmpty()) {
            text.append("\nGiven up:\n\n");
            report.reasons().forEach(reason -> text.append("- ").append(reason).append('\n'));
        }
    }

    private String configurations() {
        return plan.configurations().stream()
                .map(configuration -> "- **" + configuration.name() + "**: " + tuning(configuration) + "\n")
                .collect(Collectors.joining());
    }

    private String tuning(Configuration configuration) {
        String security = configuration instanceof Configuration.Godwit
                ? (plan.insecure() ? "; without TLS" : "; with mutual TLS")
                        + (plan.verify() ? "; digests compared" : "")
                : "";
        return configuration.tuning() + security;
    }

    private List<Cell> measured() {
        List<Cell> present = results.runs().stream().map(Run::cell).distinct().toList();
        return plan.cells().stream().filter(present::contains).toList();
    }

    private static String picture(String stem, Cell cell, String what) {
        return stem + "-" + cell.word() + "-" + what + ".svg";
    }
}
