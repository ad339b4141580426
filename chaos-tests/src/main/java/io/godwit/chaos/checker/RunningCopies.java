package io.godwit.chaos.checker;

import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.LabHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Finds the hosts on which a guest's processors run, without asking any agent: a QEMU whose guest is paused or
/// waits for its memory uses no processor time to speak of, one whose guest works does.
public final class RunningCopies {
    private static final long WINDOW_MS = 600;

    /// On a busy machine a guest that works may not get its turn in one window.
    private static final int WINDOWS_MAX = 5;

    /// Of 10 ms each. A guest of the lab that works uses far more in the window, one at rest none or one.
    private static final long TICKS_MIN = 4;

    private static final int UTIME_FIELD = 11;

    private RunningCopies() {}

    /// The names of the hosts that run it; more than one is the fault all else is there to prevent. Looks again for a
    /// while before it says that there is none.
    public static List<String> of(Lab lab, String guest) {
        List<String> running = List.of();
        for (int window = 0; window < WINDOWS_MAX && running.isEmpty(); window++) {
            running = inOneWindow(lab, guest);
        }
        return running;
    }

    private static List<String> inOneWindow(Lab lab, String guest) {
        Map<LabHost, Long> before = ticks(lab, guest);
        try {
            TimeUnit.MILLISECONDS.sleep(WINDOW_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("Interrupted while guests were being watched", e);
        }
        List<String> running = new ArrayList<>();
        ticks(lab, guest).forEach((host, ticks) -> {
            if (ticks - before.getOrDefault(host, ticks) >= TICKS_MIN) {
                running.add(host.name());
            }
        });
        return running.stream().sorted().toList();
    }

    private static Map<LabHost, Long> ticks(Lab lab, String guest) {
        Map<LabHost, Long> ticks = new HashMap<>();
        for (LabHost host : lab.hosts()) {
            host.guestProcesses().stream()
                    .filter(pid -> isOf(pid, guest))
                    .forEach(pid -> ticks.merge(host, processorTicks(pid), Long::sum));
        }
        return ticks;
    }

    private static boolean isOf(long pid, String guest) {
        try {
            String commandLine = Files.readString(Path.of("/proc/" + pid + "/cmdline"));
            return commandLine.contains(guest);
        } catch (IOException e) {
            // It has ended.
            return false;
        }
    }

    private static long processorTicks(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // The name before it may hold spaces and brackets, so fields are counted from its end.
            List<String> fields =
                    List.of(stat.substring(stat.lastIndexOf(')') + 2).strip().split(" ", -1));
            return Long.parseLong(fields.get(UTIME_FIELD)) + Long.parseLong(fields.get(UTIME_FIELD + 1));
        } catch (IOException e) {
            return 0;
        }
    }
}
