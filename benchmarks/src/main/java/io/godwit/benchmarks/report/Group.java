package io.godwit.benchmarks.report;

import io.godwit.benchmarks.grid.Cell;
import io.godwit.benchmarks.run.Run;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/// All runs of one configuration in one cell.
record Group(Cell cell, String configuration, List<Run> runs) {
    Group {
        runs = List.copyOf(runs);
    }

    /// In the order of their names, so that rows stand alike in all tables.
    static List<Group> of(List<Run> runs, Cell cell) {
        Map<String, List<Run>> byName = new LinkedHashMap<>();
        runs.stream()
                .filter(run -> run.cell().equals(cell))
                .sorted(java.util.Comparator.comparing(Group::rank))
                .forEach(run -> byName.computeIfAbsent(run.configuration(), _ -> new ArrayList<>())
                        .add(run));
        return byName.entrySet().stream()
                .map(entry -> new Group(cell, entry.getKey(), entry.getValue()))
                .toList();
    }

    private static String rank(Run run) {
        // Defaults come first.
        return run.configuration().replace(" default", " ");
    }

    boolean godwit() {
        return configuration.startsWith("godwit");
    }

    List<Run> completed() {
        return runs.stream().filter(Run::completed).toList();
    }

    /// Every run ended with the guest on the target.
    boolean allCompleted() {
        return completed().size() == runs.size();
    }

    /// Of completed runs only: what was given up has no length.
    Spread spread(ToDoubleFunction<Run> figure) {
        return Spread.of(completed().stream().mapToDouble(figure));
    }

    /// Of every run.
    Spread spreadOfAll(ToDoubleFunction<Run> figure) {
        return Spread.of(runs.stream().mapToDouble(figure));
    }
}
