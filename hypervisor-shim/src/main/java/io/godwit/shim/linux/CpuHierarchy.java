package io.godwit.shim.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// The tree of control groups by which the kernel hands out processor time, as this process sees it mounted.
///
/// @param mount      where it is mounted
/// @param shownRoot  the group that stands at the mount point, `/` unless this process is in a container
/// @param unified    whether it is version 2; else version 1, where processor time has a tree of its own
public record CpuHierarchy(Path mount, String shownRoot, boolean unified) {
    private static final int FIELD_ROOT = 3;
    private static final int FIELD_MOUNT = 4;

    /// The tree that this host uses; empty if none is mounted here that limits processor time.
    public static Optional<CpuHierarchy> find() {
        try {
            return find(Files.readAllLines(Path.of("/proc/self/mountinfo"), StandardCharsets.UTF_8));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /// As [#find()], of the lines of a `mountinfo`. A controller is in one tree only: where version 1 has it,
    /// version 2 has not, so its file of controllers is asked last.
    static Optional<CpuHierarchy> find(List<String> mountInfo) {
        Optional<CpuHierarchy> second = Optional.empty();
        for (String line : mountInfo) {
            int separator = line.indexOf(" - ");
            String[] front = (separator < 0 ? "" : line.substring(0, separator)).split(" ", -1);
            String[] back = (separator < 0 ? "" : line.substring(separator + 3)).split(" ", -1);
            if (front.length <= FIELD_MOUNT || back.length < 3) {
                continue;
            }
            Path mount = Path.of(front[FIELD_MOUNT]);
            if (back[0].equals("cgroup") && List.of(back[2].split(",", -1)).contains("cpu")) {
                return Optional.of(new CpuHierarchy(mount, front[FIELD_ROOT], false));
            }
            if (back[0].equals("cgroup2") && lists(mount.resolve("cgroup.controllers"), "cpu")) {
                second = Optional.of(new CpuHierarchy(mount, front[FIELD_ROOT], true));
            }
        }
        return second;
    }

    /// The group that a process is in.
    ///
    /// @throws IOException if the process is gone, or its group cannot be seen from here
    Path groupOf(long pid) throws IOException {
        List<String> lines = Files.readAllLines(Path.of("/proc/" + pid + "/cgroup"), StandardCharsets.UTF_8);
        return groupOf(lines);
    }

    /// As [#groupOf(long)], of the lines of a process's `cgroup`.
    Path groupOf(List<String> lines) throws IOException {
        for (String line : lines) {
            String[] fields = line.split(":", 3);
            boolean ours = fields.length == 3
                    && (unified
                            ? fields[0].equals("0")
                            : List.of(fields[1].split(",", -1)).contains("cpu"));
            if (ours) {
                return placed(fields[2]);
            }
        }
        throw new IOException("The process is in no control group for processor time: " + lines);
    }

    private Path placed(String group) throws IOException {
        boolean below = shownRoot.equals("/") || group.equals(shownRoot) || group.startsWith(shownRoot + "/");
        String relative = shownRoot.equals("/") ? group : group.substring(below ? shownRoot.length() : 0);
        Path path = mount.resolve(relative.replaceFirst("^/+", "")).normalize();
        if (!below || !path.startsWith(mount) || group.contains("/..")) {
            throw new IOException("The process's control group cannot be seen from here: " + group);
        }
        return path;
    }

    /// Whether one of the words in a file is this one; false if the file cannot be read.
    static boolean lists(Path file, String word) {
        try {
            return List.of(Files.readString(file).strip().split("\\s+", -1)).contains(word);
        } catch (IOException e) {
            return false;
        }
    }
}
