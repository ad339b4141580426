package io.godwit.chaos.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Gives a program in a namespace the control groups for processor time, which it needs to slow guests:
/// entering a network namespace puts a fresh, empty `/sys` in place of the machine's.
final class ProcessorTime {
    private static final Path MOUNTS = Path.of("/proc/self/mounts");

    private ProcessorTime() {}

    /// The command that first mounts them as this machine has them, for the program alone, and then becomes it.
    /// If that fails the program goes without, and says so when it needs them.
    static List<String> wrap(List<String> program) {
        List<String> command = new ArrayList<>(List.of("sh", "-c", mount() + "; exec \"$@\"", "sh"));
        command.addAll(program);
        return command;
    }

    private static String mount() {
        try {
            boolean first = Files.readAllLines(MOUNTS).stream()
                    .map(line -> line.split(" ", -1))
                    .anyMatch(fields -> fields.length > 3
                            && fields[2].equals("cgroup")
                            && List.of(fields[3].split(",", -1)).contains("cpu"));
            return first ? "mount -t cgroup -o cpu cgroup /sys/fs/cgroup" : "mount -t cgroup2 cgroup2 /sys/fs/cgroup";
        } catch (IOException e) {
            throw new LabException("The machine's mounts cannot be read: " + MOUNTS, e);
        }
    }
}
