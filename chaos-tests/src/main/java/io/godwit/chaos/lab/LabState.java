package io.godwit.chaos.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What exists of a lab, found by its namespaces, whoever made them.
///
/// @param processes the programs in each namespace
record LabState(String name, Map<String, List<String>> processes) {

    static LabState of(String lab) {
        Map<String, List<String>> found = new TreeMap<>();
        for (Namespace namespace : Namespace.existing(LabNetwork.prefix(lab))) {
            found.put(
                    namespace.name(),
                    namespace.processes().stream().map(LabState::describe).toList());
        }
        return new LabState(lab, found);
    }

    /// Whether any process of it lives.
    boolean running() {
        return processes.values().stream().anyMatch(list -> !list.isEmpty());
    }

    String text() {
        if (processes.isEmpty()) {
            return "There is no lab " + name + ".";
        }
        StringBuilder text = new StringBuilder("Lab " + name + ":");
        processes.forEach((namespace, list) -> {
            text.append("\n  ").append(namespace);
            list.forEach(process -> text.append("\n    ").append(process));
        });
        return text.toString();
    }

    private static String describe(long pid) {
        try {
            String name = Files.readString(Path.of("/proc/" + pid + "/comm")).strip();
            return "%-16s process %d".formatted(name, pid);
        } catch (IOException e) {
            return "(ended)          process " + pid;
        }
    }
}
