package io.godwit.benchmarks.measure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What the kernel tells of processes: how long they have computed, and the memory that is theirs.
///
/// @param root  `/proc`, or a stand-in for tests
record ProcFiles(Path root) {
    private static final int FIELDS_TO_USER_TICKS = 11;
    /// The kernel reports processor time to user space in these, on every machine.
    private static final double TICKS_PER_SECOND = 100;

    /// Of a guest's processors.
    ///
    /// @param waitSeconds how long they waited until a processor of the host was free for them, by the
    ///                    scheduler's own figures; 0 where the kernel does not tell
    record GuestTime(double cpuSeconds, double waitSeconds) {
        static final GuestTime NONE = new GuestTime(0, 0);
    }

    List<Long> processes() {
        return numbers(root);
    }

    /// Its network namespace, as `net:[NUMBER]`; empty if it has ended.
    String namespace(long pid) {
        try {
            return Files.readSymbolicLink(root.resolve(pid + "/ns/net")).toString();
        } catch (IOException e) {
            return "";
        }
    }

    /// The program it runs; empty if it has ended.
    String program(long pid) {
        try {
            return Files.readSymbolicLink(root.resolve(pid + "/exe")).toString();
        } catch (IOException e) {
            return "";
        }
    }

    /// Of all its threads, ended ones included; -1 if the process has ended.
    double cpuSeconds(long pid) {
        return cpuSeconds(root.resolve(pid + "/stat"));
    }

    /// Of its threads that are a guest's processors, which QEMU calls `CPU 0/TCG` and so on; nothing if there
    /// are none.
    GuestTime guestTime(long pid) {
        double cpu = 0;
        double wait = 0;
        Path tasks = root.resolve(pid + "/task");
        for (long thread : numbers(tasks)) {
            Path task = tasks.resolve(Long.toString(thread));
            try {
                if (Files.readString(task.resolve("comm")).startsWith("CPU ")) {
                    cpu += Math.max(0, cpuSeconds(task.resolve("stat")));
                    wait += waitSeconds(task.resolve("schedstat"));
                }
            } catch (IOException _) {
                // The thread ends while it is looked at: it has no part in the sums.
            }
        }
        return new GuestTime(cpu, wait);
    }

    /// What it has in memory of its own and of files, without the guests' RAM it shares; 0 if it has ended.
    long ownMemoryBytes(long pid) {
        long kib = 0;
        try {
            for (String line : Files.readAllLines(root.resolve(pid + "/status"))) {
                if (line.startsWith("RssAnon:") || line.startsWith("RssFile:")) {
                    kib += Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
        } catch (IOException e) {
            return 0;
        }
        return kib << 10;
    }

    private static double cpuSeconds(Path stat) {
        try {
            String line = Files.readString(stat, StandardCharsets.ISO_8859_1);
            // The second field is the program's name in brackets and may itself hold blanks and brackets.
            String[] fields = line.substring(line.lastIndexOf(')') + 1).strip().split(" ", -1);
            long ticks =
                    Long.parseLong(fields[FIELDS_TO_USER_TICKS]) + Long.parseLong(fields[FIELDS_TO_USER_TICKS + 1]);
            return ticks / TICKS_PER_SECOND;
        } catch (IOException e) {
            return -1;
        }
    }

    private static double waitSeconds(Path schedstat) {
        try {
            String[] fields = Files.readString(schedstat).strip().split(" ", -1);
            return fields.length > 1 ? Long.parseLong(fields[1]) / 1e9 : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    private static List<Long> numbers(Path folder) {
        List<Long> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (Character.isDigit(name.charAt(0))) {
                    found.add(Long.parseLong(name));
                }
            }
        } catch (IOException e) {
            // The process has ended: it has no threads.
            return List.of();
        }
        return found;
    }
}
