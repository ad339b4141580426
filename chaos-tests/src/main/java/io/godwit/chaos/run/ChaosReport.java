package io.godwit.chaos.run;

import io.godwit.chaos.demo.Machine;
import io.godwit.chaos.faults.FaultKind;
import io.godwit.chaos.verdict.Silences;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;

/// A run as a page of Markdown.
record ChaosReport(Outcome outcome, String command, Machine machine) {

    String markdown() {
        return """
                # Chaos on real parts: %s

                `%s`, seed %d, %s. %d faults of %d kinds in %.1f minutes; %s migrations; %d disk records acknowledged.

                Three hosts, a client and three ZooKeeper servers, each in a network namespace of its own; real QEMU
                guests that write their memory and their disk and are migrated all the while. Up to two faults are
                in effect at a time; between rounds everything works until all guests are up. The seed draws the same
                faults in the same order with the same delays again, but not the same interleaving with what they hit.

                ## Checks

                %s
                ## From the old copy's last sign of life to the new one's first

                A sign of life is 50 us of processor time of the guest's own threads between two looks, read from `/proc`
                every 15 ms. What lies between two looks is counted against the margin.

                %s
                ## Faults

                A guest's longest silence to pings every 50 ms, for silences of more than 300 ms that began while a fault was
                in effect or up to 2 s after it. With two faults at once it counts for both.

                %s
                ## Migrations

                %s
                ## The watch

                %d looks at the processes, at most %.0f ms apart.%s

                ## The machine

                %s""".formatted(
                outcome.held() ? "everything held" : "something did NOT hold",
                command,
                outcome.seed(),
                LocalDate.now(ZoneOffset.UTC),
                outcome.faults(),
                outcome.kinds(),
                outcome.seconds() / 60,
                outcome.migrations().values().stream().mapToInt(count -> count).sum(),
                outcome.acknowledged(),
                checks(),
                margins(),
                faults(),
                migrations(),
                outcome.looks(),
                outcome.longestGapMs(),
                operator(),
                machine.markdown());
    }

    String checks() {
        StringBuilder text = new StringBuilder("| check | held |\n|---|---|\n");
        outcome.findings()
                .forEach((check, findings) -> text.append("| ")
                        .append(check)
                        .append(" | ")
                        .append(findings.isEmpty() ? "yes" : "**no**")
                        .append(" |\n"));
        outcome.findings().values().stream()
                .flatMap(List::stream)
                .forEach(finding -> text.append("\n- ").append(finding).append('\n'));
        return text.toString();
    }

    String margins() {
        return "| | times | least | median |\n|---|---:|---:|---:|\n"
                + row("taken over by another host", outcome.margins().takeoverMs())
                + row("started again on the same host", outcome.margins().restartMs());
    }

    private static String row(String what, List<Double> valuesMs) {
        return valuesMs.isEmpty()
                ? "| %s | 0 | | |\n".formatted(what)
                : "| %s | %d | %s | %s |\n".formatted(what, valuesMs.size(), ms(least(valuesMs)), ms(median(valuesMs)));
    }

    String faults() {
        StringBuilder text =
                new StringBuilder("| fault | times | silence, median | silence, longest |\n|---|---:|---:|---:|\n");
        for (Silences.OfKind kind : outcome.silences()) {
            text.append("| %s | %d | %s | %s |\n"
                    .formatted(
                            FaultKind.valueOf(kind.kind()).words(),
                            kind.silenceMs().size(),
                            ms(median(kind.silenceMs())),
                            ms(kind.silenceMs().stream()
                                    .mapToDouble(value -> value)
                                    .max()
                                    .orElse(0))));
        }
        return text.toString();
    }

    private String migrations() {
        StringBuilder text = new StringBuilder("| result | times |\n|---|---:|\n");
        outcome.migrations().forEach((result, times) -> text.append("| %s | %d |\n".formatted(result, times)));
        return text.toString();
    }

    private String operator() {
        return outcome.operatorActs().isEmpty()
                ? " Nothing was done by hand."
                : " Done by hand, as an operator would, %d times: for example \"%s\"."
                        .formatted(
                                outcome.operatorActs().size(),
                                outcome.operatorActs().getFirst());
    }

    private static String ms(double value) {
        return String.format(Locale.ROOT, "%.0f ms", value);
    }

    private static double least(List<Double> values) {
        return values.stream().mapToDouble(value -> value).min().orElse(0);
    }

    /// Of an even number of values, the mean of the two in the middle.
    static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(value -> value).sorted().toArray();
        if (sorted.length == 0) {
            return 0;
        }
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
