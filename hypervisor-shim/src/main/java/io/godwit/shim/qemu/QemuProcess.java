package io.godwit.shim.qemu;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.LinuxProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// Finds and ends the QEMU processes of guests.
final class QemuProcess {
    private static final Path PROC = Path.of("/proc");
    private static final int PID_FILE_BYTES_MAX = 32;

    private QemuProcess() {}

    /// The live process that was started for this folder, whoever started it. Its command line names the folder's
    /// process id file, so neither a number that was used again nor a lost file misleads.
    static Optional<LinuxProcess> find(GuestFolder folder) throws HypervisorException {
        return find(folder.pidFile(), "-pidfile");
    }

    /// As above, for any program that was given a process id file of its own.
    ///
    /// @param option of its command line, whose value the file is
    static Optional<LinuxProcess> find(Path pidFile, String option) throws HypervisorException {
        OptionalLong written = writtenPid(pidFile);
        if (written.isPresent()) {
            Optional<LinuxProcess> process = ours(written.getAsLong(), pidFile, option);
            if (process.isPresent()) {
                return process;
            }
        }
        try (Stream<Path> entries = Files.list(PROC)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> !name.isEmpty()
                            && name.length() < 10
                            && name.chars().allMatch(Character::isDigit))
                    .flatMap(name -> ours(Long.parseLong(name), pidFile, option).stream())
                    .findFirst();
        } catch (IOException e) {
            throw new HypervisorException("Could not list the processes in " + PROC, e);
        }
    }

    /// Whether the process has the file mapped.
    static boolean maps(LinuxProcess process, Path ramFile) {
        String ending = " " + ramFile;
        try (Stream<String> lines = Files.lines(PROC.resolve(process.pid() + "/maps"), StandardCharsets.ISO_8859_1)) {
            String wanted = new String(ending.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            return lines.anyMatch(line -> line.endsWith(wanted));
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    /// Whether nothing of the process is left, none of its threads either: until then it may hold files open.
    static boolean hasEnded(LinuxProcess process) {
        if (process.isAlive()) {
            return false;
        }
        // The first thread may be dead while others still end; what is then left under this number is ours.
        try (Stream<Path> threads = Files.list(PROC.resolve(process.pid() + "/task"))) {
            return threads.count() <= 1 || LinuxProcess.find(process.pid()).isPresent();
        } catch (IOException | UncheckedIOException e) {
            return true;
        }
    }

    /// Waits for the end of a process; false if it is still there after the timeout.
    static boolean awaitEnd(LinuxProcess process, Duration timeout) throws HypervisorException {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        long waitMs = 1;
        while (!hasEnded(process)) {
            if (System.nanoTime() - deadlineNs >= 0) {
                return false;
            }
            Waiting.pause(Duration.ofMillis(waitMs));
            waitMs = Math.min(2 * waitMs, 50);
        }
        return true;
    }

    /// Kills a process and waits until it has ended.
    static void kill(LinuxProcess process, Duration timeout) throws HypervisorException {
        process.signal(LinuxProcess.Signal.KILL);
        if (!awaitEnd(process, timeout)) {
            throw new HypervisorException(
                    "QEMU did not end after SIGKILL; it may wait for a disk. Process: " + process.pid());
        }
    }

    private static OptionalLong writtenPid(Path pidFile) {
        try {
            if (Files.size(pidFile) > PID_FILE_BYTES_MAX) {
                return OptionalLong.empty();
            }
            long pid = Long.parseLong(Files.readString(pidFile).strip());
            return pid > 0 ? OptionalLong.of(pid) : OptionalLong.empty();
        } catch (IOException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    private static Optional<LinuxProcess> ours(long pid, Path pidFile, String option) {
        Optional<LinuxProcess> process = LinuxProcess.find(pid);
        if (process.isEmpty()) {
            return Optional.empty();
        }
        try {
            String commandLine = new String(Files.readAllBytes(PROC.resolve(pid + "/cmdline")), StandardCharsets.UTF_8);
            boolean ours = commandLine.contains("\0" + option + "\0" + pidFile + "\0");
            // Looked at again, so that the command line was that of the process found.
            return ours && process.get().isAlive() ? process : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
