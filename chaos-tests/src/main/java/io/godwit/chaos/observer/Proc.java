package io.godwit.chaos.observer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What the kernel says of a process in `/proc`.
///
/// @param root  `/proc`, or a stand-in for tests
record Proc(Path root) {
    private static final int FIELDS_TO_START_TIME = 19;

    /// @param state  the kernel's letter
    record Stat(String state, long startTicks) {}

    /// The numbers of all processes.
    List<Long> processes() throws IOException {
        List<Long> pids = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (Character.isDigit(name.charAt(0))) {
                    pids.add(Long.parseLong(name));
                }
            }
        }
        return pids;
    }

    /// Empty if there is no such process any more.
    Optional<Stat> stat(long pid) {
        try {
            String line = Files.readString(root.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
            // The second field is the program's name in brackets and may itself hold blanks and brackets.
            String[] fields = line.substring(line.lastIndexOf(')') + 1).strip().split(" ", -1);
            return Optional.of(new Stat(fields[0], Long.parseLong(fields[FIELDS_TO_START_TIME])));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /// The program it runs; empty if it has ended.
    String program(long pid) {
        return link(root.resolve(pid + "/exe"));
    }

    /// Its network namespace, as `net:[NUMBER]`; empty if it has ended.
    String namespace(long pid) {
        return link(root.resolve(pid + "/ns/net"));
    }

    List<String> arguments(long pid) {
        try {
            return List.of(Files.readString(root.resolve(pid + "/cmdline"), StandardCharsets.ISO_8859_1)
                    .split("\0", -1));
        } catch (IOException e) {
            return List.of();
        }
    }

    /// Its threads that are processors of a guest: QEMU calls them `CPU 0/TCG`, `CPU 1/KVM` and so on.
    List<Long> guestProcessors(long pid) {
        List<Long> found = new ArrayList<>();
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(root.resolve(pid + "/task"))) {
            for (Path thread : threads) {
                if (Files.readString(thread.resolve("comm")).startsWith("CPU ")) {
                    found.add(Long.parseLong(thread.getFileName().toString()));
                }
            }
        } catch (IOException e) {
            // It is ending: its threads are gone, or going.
            return List.of();
        }
        return found;
    }

    /// How long these threads have been on a processor, in nanoseconds. The kernel adds to it at every change
    /// of threads and at every tick of its clock.
    ///
    /// @return 0 for those that have ended
    long ranNs(long pid, List<Long> threads) {
        long sum = 0;
        for (long thread : threads) {
            try {
                String text = Files.readString(root.resolve(pid + "/task/" + thread + "/schedstat"));
                sum += Long.parseLong(text.substring(0, text.indexOf(' ')));
            } catch (IOException e) {
                // The process is ending. That it did not run any more is no news to anybody.
                return 0;
            }
        }
        return sum;
    }

    private static String link(Path path) {
        try {
            return Files.readSymbolicLink(path).toString();
        } catch (IOException e) {
            return "";
        }
    }
}
