package io.godwit.shim.linux;

import io.godwit.shim.HypervisorException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// One process of this host, told apart from a later one with the same number by the time it started.
///
/// @param pid             its number
/// @param startTimeTicks  when it started, in clock ticks since the host booted
public record LinuxProcess(long pid, long startTimeTicks) {

    /// What [#signal] sends.
    public enum Signal {
        KILL(9),
        TERM(15),
        CONT(18),
        STOP(19);

        private final int number;

        Signal(int number) {
            this.number = number;
        }
    }

    /// The process that has this number now; empty if none has, or it is dead and only not yet reaped.
    public static Optional<LinuxProcess> find(long pid) {
        return stat(pid)
                .map(stat -> new LinuxProcess(pid, stat.startTimeTicks()))
                .filter(LinuxProcess::isAlive);
    }

    /// Whether any thread of it is left. A process that was killed may go on for a moment, though its main thread has
    /// ended already.
    public boolean isAlive() {
        try {
            return !awaitExit(Duration.ZERO);
        } catch (HypervisorException e) {
            // Out of descriptors, most likely; the main thread's state has to do.
            return stat(pid)
                    .filter(stat -> stat.startTimeTicks() == startTimeTicks && !stat.dead())
                    .isPresent();
        }
    }

    /// Sends a signal to this process and never to another one that has taken its number.
    ///
    /// @return false if the process has ended
    public boolean signal(Signal signal) throws HypervisorException {
        Optional<FileHandle> opened = openPidfd();
        if (opened.isEmpty()) {
            return false;
        }
        try (FileHandle pidfd = opened.get()) {
            CallResult result = pidfd.call(fd -> Libc.pidfdSendSignal(fd, signal.number));
            if (result.failedWith(Errno.ESRCH)) {
                return false;
            }
            result.orThrow("Could not send signal " + signal + " to process " + pid);
            return true;
        }
    }

    /// A descriptor of our own for a file that this process has open.
    ///
    /// @throws HypervisorException if the process has ended, has no such file, or may not be traced by us
    int takeDescriptor(int remoteFd) throws HypervisorException {
        Optional<FileHandle> opened = openPidfd();
        if (opened.isEmpty()) {
            throw new HypervisorException("There is no process any more: " + pid);
        }
        try (FileHandle pidfd = opened.get()) {
            return pidfd.call(fd -> Libc.pidfdGetfd(fd, remoteFd))
                    .intOrThrow("Could not take descriptor " + remoteFd + " of process " + pid);
        }
    }

    /// Waits for the process to end. Holds a platform thread while it waits.
    ///
    /// @return true if it has ended, false if it is still there after the timeout
    public boolean awaitExit(Duration timeout) throws HypervisorException {
        Optional<FileHandle> opened = openPidfd();
        if (opened.isEmpty()) {
            return true;
        }
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        try (FileHandle pidfd = opened.get()) {
            while (true) {
                long leftMs = Math.max(0, (deadlineNs - System.nanoTime() + 999_999) / 1_000_000);
                CallResult result = pidfd.call(fd -> Libc.pollIn(fd, (int) Math.min(leftMs, 60_000)));
                if (result.failedWith(Errno.EINTR)) {
                    continue;
                }
                if (result.orThrow("Could not wait for process " + pid) > 0) {
                    return true;
                }
                if (leftMs == 0) {
                    return false;
                }
            }
        }
    }

    /// A handle on exactly this process, which may have ended; empty if it has and its number is free again.
    private Optional<FileHandle> openPidfd() throws HypervisorException {
        CallResult result = Libc.pidfdOpen(Math.toIntExact(pid));
        // EINVAL is the answer for a number that has come to be a thread's.
        if (result.failedWith(Errno.ESRCH) || result.failedWith(Errno.EINVAL)) {
            return Optional.empty();
        }
        FileHandle pidfd = new FileHandle("process " + pid, result.intOrThrow("Could not open process " + pid));
        // Looked at after opening: from here on the number cannot pass to another process unnoticed.
        if (stat(pid).filter(stat -> stat.startTimeTicks() == startTimeTicks).isEmpty()) {
            pidfd.close();
            return Optional.empty();
        }
        return Optional.of(pidfd);
    }

    private static Optional<Stat> stat(long pid) {
        try {
            return Stat.parse(Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            // The process is gone, or goes while it is read.
            return Optional.empty();
        }
    }

    /// The two fields of `/proc/PID/stat` that matter.
    record Stat(char state, long startTimeTicks) {
        private static final int FIELDS_TO_START_TIME = 19;

        boolean dead() {
            return state == 'Z' || state == 'X' || state == 'x';
        }

        static Optional<Stat> parse(String line) {
            // The second field is the program's name in brackets and may itself hold blanks and brackets.
            int nameEnd = line.lastIndexOf(')');
            if (nameEnd < 0) {
                return Optional.empty();
            }
            String[] fields = line.substring(nameEnd + 1).strip().split(" ", -1);
            if (fields.length <= FIELDS_TO_START_TIME || fields[0].length() != 1) {
                return Optional.empty();
            }
            try {
                return Optional.of(new Stat(fields[0].charAt(0), Long.parseLong(fields[FIELDS_TO_START_TIME])));
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        }
    }
}
