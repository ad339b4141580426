package io.godwit.shim.linux;

import io.godwit.shim.HypervisorException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What `/proc` tells of a process besides its mappings: open files, fields of its status, all processes there are.
final class ProcFiles {
    /// What an operator has to see to when the kernel says EPERM or EACCES about another process.
    static final String PERMISSION_NEEDED = "Godwit needs CAP_SYS_PTRACE (and a value below 3 in"
            + " /proc/sys/kernel/yama/ptrace_scope, if that file exists)";

    private static final int OPEN_FILES_MAX = 1 << 20;
    private static final String USERFAULT = "anon_inode:[userfaultfd]";

    private ProcFiles() {}

    /// @param target what the descriptor stands for: a path, or the kernel's name of something without one
    record OpenFile(int fd, String target) {
        boolean isUserfault() {
            return target.equals(USERFAULT);
        }

        boolean isVfio() {
            return target.startsWith("/dev/vfio/") || target.contains("[vfio") || target.equals("anon_inode:vfio");
        }
    }

    static List<OpenFile> openFiles(long pid) throws HypervisorException {
        List<OpenFile> files = new ArrayList<>();
        try (DirectoryStream<Path> links = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
            for (Path link : links) {
                if (files.size() == OPEN_FILES_MAX) {
                    throw new HypervisorException(
                            "Process " + pid + " has more open files than Godwit looks at: " + OPEN_FILES_MAX);
                }
                target(link).ifPresent(target -> files.add(new OpenFile(number(link), target)));
            }
        } catch (HypervisorException e) {
            throw e;
        } catch (AccessDeniedException e) {
            throw new HypervisorException("May not look at process " + pid + ": " + PERMISSION_NEEDED, e);
        } catch (IOException e) {
            throw new HypervisorException("Could not list the open files of process " + pid, e);
        }
        return files;
    }

    /// The flags a file was opened with; 0 if the file is closed by now.
    static int openFlags(long pid, int fd) {
        return field(Path.of("/proc/" + pid + "/fdinfo/" + fd), "flags:")
                .map(octal -> Integer.parseInt(octal, 8))
                .orElse(0);
    }

    /// The features that a userfaultfd was opened with; 0 if it was not asked for any yet, or is closed by
    /// now.
    static long userfaultFeatures(long pid, int fd) {
        // The kernel prints "aa:FEATURES:REQUESTS", in hexadecimal.
        return field(Path.of("/proc/" + pid + "/fdinfo/" + fd), "API:")
                .map(api -> api.split(":", -1))
                .filter(parts -> parts.length == 3)
                .map(parts -> Long.parseLong(parts[1], 16))
                .orElse(0L);
    }

    /// A field of `/proc/PID/status`; empty if the process is gone or the kernel has no such field.
    static Optional<String> status(long pid, String field) {
        return field(Path.of("/proc/" + pid + "/status"), field + ":");
    }

    static List<Long> allProcesses() throws HypervisorException {
        List<Long> pids = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of("/proc"), "[1-9]*")) {
            for (Path entry : entries) {
                pids.add((long) number(entry));
            }
        } catch (IOException e) {
            throw new HypervisorException("Could not list the processes of this host", e);
        }
        return pids;
    }

    private static Optional<String> field(Path file, String name) {
        try {
            return Files.readAllLines(file, StandardCharsets.ISO_8859_1).stream()
                    .filter(line -> line.startsWith(name))
                    .map(line -> line.substring(name.length()).strip())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> target(Path link) {
        try {
            return Optional.of(Files.readSymbolicLink(link).toString());
        } catch (IOException e) {
            // Closed since the directory was read.
            return Optional.empty();
        }
    }

    private static int number(Path entry) {
        return Integer.parseInt(entry.getFileName().toString());
    }
}
