package io.godwit.agent.guard;

import io.godwit.shim.linux.LinuxProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// What agent and guard say to each other: lines of words, over a Unix socket that only root can reach.
///
/// ```
/// guard to agent, at once     guard VERSION WATCHDOG
///                             holds GUEST:PID:START ...
/// agent to guard              feed NUMBER PAUSE_AT_NS KILL_AT_NS GUEST:PID:START ...
///                             cap NUMBER PAUSE_AT_NS KILL_AT_NS GUEST:PID:START ...
/// guard to agent, carried out ack NUMBER
/// ```
final class GuardWire {
    private static final String HELLO = "guard 2 ";
    static final int LINE_BYTES_MAX = 256 << 10;

    private GuardWire() {}

    /// @param cap   whether it only shortens what these processes were given before
    record Feed(boolean cap, long number, long pauseAtNs, long killAtNs, List<GuardedProcess> processes) {
        Feed {
            processes = List.copyOf(processes);
        }

        String line() {
            return (cap ? "cap " : "feed ") + number + " " + pauseAtNs + " " + killAtNs + listed(processes);
        }
    }

    /// What the guard begins with, so that one of another version, or with another watchdog, is replaced.
    ///
    /// @param watchdog the device's path; empty for none
    static String hello(String watchdog) {
        return HELLO + (watchdog.isEmpty() ? "-" : watchdog);
    }

    static String holds(Collection<GuardedProcess> processes) {
        return "holds" + listed(processes);
    }

    static String ack(long number) {
        return "ack " + number;
    }

    /// @throws IOException if it is no feed
    static Feed feed(String line) throws IOException {
        String[] words = line.split(" ", -1);
        boolean cap = words[0].equals("cap");
        if (words.length < 4 || !(cap || words[0].equals("feed"))) {
            throw new IOException("Not a feed: " + shown(line));
        }
        return new Feed(
                cap, number(words[1], line), number(words[2], line), number(words[3], line), processes(words, 4, line));
    }

    /// @return empty if the line says something else
    static Optional<List<GuardedProcess>> held(String line) throws IOException {
        String[] words = line.split(" ", -1);
        return words[0].equals("holds") ? Optional.of(processes(words, 1, line)) : Optional.empty();
    }

    /// @throws IOException if it is no acknowledgement
    static long acked(String line) throws IOException {
        if (!line.startsWith("ack ")) {
            throw new IOException("Not an acknowledgement: " + shown(line));
        }
        return number(line.substring(4), line);
    }

    private static String listed(Collection<GuardedProcess> processes) {
        StringBuilder words = new StringBuilder();
        for (GuardedProcess guarded : processes) {
            words.append(' ')
                    .append(guarded.guest())
                    .append(':')
                    .append(guarded.process().pid())
                    .append(':')
                    .append(guarded.process().startTimeTicks());
        }
        return words.toString();
    }

    private static List<GuardedProcess> processes(String[] words, int from, String line) throws IOException {
        List<GuardedProcess> processes = new ArrayList<>();
        for (int i = from; i < words.length; i++) {
            String[] parts = words[i].split(":", -1);
            if (parts.length != 3) {
                throw new IOException("Not a process: " + shown(words[i]));
            }
            long pid = number(parts[1], line);
            if (pid <= 1 || pid > Integer.MAX_VALUE) {
                throw new IOException("Not a guest's process: " + shown(words[i]));
            }
            processes.add(new GuardedProcess(parts[0], new LinuxProcess(pid, number(parts[2], line))));
        }
        return processes;
    }

    private static long number(String word, String line) throws IOException {
        try {
            return Long.parseLong(word);
        } catch (NumberFormatException e) {
            throw new IOException("Not a number in: " + shown(line), e);
        }
    }

    private static String shown(String text) {
        return text.length() > 60 ? text.substring(0, 60) + "..." : text;
    }
}
