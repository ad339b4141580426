package io.godwit.chaos.acceptance;

import io.godwit.shim.linux.CpuHierarchy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// What the kernel itself says of a guest's processors being slowed, whatever any agent says.
final class HeldBack {
    private HeldBack() {}

    /// The control groups that hold threads of this process back, limits or not.
    static List<Path> groups(long pid) {
        Path mount = CpuHierarchy.find().orElseThrow().mount();
        try (Stream<Path> all = Files.find(
                mount,
                8,
                (path, is) -> is.isDirectory() && path.getFileName().toString().startsWith("godwit-" + pid))) {
            return all.toList();
        } catch (IOException | UncheckedIOException e) {
            // Some other group went away while the tree was walked.
            return groups(pid);
        }
    }

    /// Whether any of its threads is limited at this moment.
    static boolean isHeldBack(long pid) {
        boolean unified = CpuHierarchy.find().orElseThrow().unified();
        return groups(pid).stream().anyMatch(group -> {
            String limit = read(group.resolve(unified ? "cpu.max" : "cpu.cfs_quota_us"));
            return !limit.isEmpty() && !limit.startsWith("max") && !limit.startsWith("-1");
        });
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            // The group was removed meanwhile.
            return "";
        }
    }
}
