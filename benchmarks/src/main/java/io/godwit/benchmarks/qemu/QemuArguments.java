package io.godwit.benchmarks.qemu;

import io.godwit.chaos.lab.LabException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The command line of a guest's QEMU as Godwit's agent has started it, so that both move exactly the same machine.
///
/// @param words       the program first
/// @param folder      the guest's, where the agent keeps its sockets and logs
/// @param ramFile     its memory
/// @param tap         behind its network card
public record QemuArguments(List<String> words, String folder, String ramFile, String tap) {
    private static final Pattern TAP = Pattern.compile("(?:^|,)ifname=([^,]+)");
    private static final Pattern RAM = Pattern.compile("\"mem-path\":\"([^\"]+)\"");

    public QemuArguments {
        words = List.copyOf(words);
    }

    /// Of a living process.
    public static QemuArguments read(long pid) {
        Path file = Path.of("/proc/" + pid + "/cmdline");
        try {
            String text = Files.readString(file, StandardCharsets.UTF_8);
            List<String> words = List.of(text.split("\0", -1));
            // Each word ends with a zero, the last one too.
            return of(words.subList(0, words.size() - 1));
        } catch (IOException e) {
            throw new LabException("QEMU's command line cannot be read: " + file, e);
        }
    }

    /// @throws LabException if it is not as the agent's launcher writes it
    static QemuArguments of(List<String> words) {
        int pidFile = words.indexOf("-pidfile");
        if (pidFile < 0 || pidFile + 1 >= words.size()) {
            throw new LabException("QEMU's command line names no file for its process id: " + words);
        }
        Path parent = Path.of(words.get(pidFile + 1)).getParent();
        if (parent == null) {
            throw new LabException("QEMU's process id stands in no folder: " + words);
        }
        return new QemuArguments(words, parent.toString(), find(words, RAM), find(words, TAP));
    }

    /// The same machine, elsewhere.
    ///
    /// @param incoming whether it waits for another one's state; then it runs at once when it has it
    List<String> at(Path newFolder, Path newRamFile, String newTap, boolean incoming) {
        List<String> moved = new ArrayList<>();
        for (String word : words) {
            moved.add(word.replace(folder, newFolder.toString())
                    .replace(ramFile, newRamFile.toString())
                    .replace("ifname=" + tap, "ifname=" + newTap));
        }
        int old = moved.indexOf("-incoming");
        if (old >= 0) {
            moved.subList(old, old + 2).clear();
        }
        if (incoming) {
            moved.remove("-S");
            moved.addAll(List.of("-incoming", "defer"));
        }
        return moved;
    }

    private static String find(List<String> words, Pattern pattern) {
        return words.stream()
                .map(pattern::matcher)
                .filter(Matcher::find)
                .map(match -> match.group(1))
                .findFirst()
                .orElseThrow(() -> new LabException("QEMU's command line has nothing like " + pattern + ": " + words));
    }
}
