package io.godwit.chaos.acceptance;

import io.godwit.chaos.lab.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// One process as the kernel sees it, and the signals that freeze it and let it go.
record ProcessWatch(long pid) {
    /// Field of `/proc/PID/stat` after the name, in ticks of 10 ms.
    private static final int UTIME_FIELD = 11;

    void freeze() {
        Command.must("kill", "-STOP", Long.toString(pid));
    }

    void thaw() {
        Command.must("kill", "-CONT", Long.toString(pid));
    }

    /// Asks it to end in order.
    void terminate() {
        Command.must("kill", "-TERM", Long.toString(pid));
    }

    /// `T` if it is stopped by a signal, `X` if it is gone.
    char state() {
        String[] fields = fields();
        return fields.length == 0 ? 'X' : fields[0].charAt(0);
    }

    boolean stopped() {
        return state() == 'T';
    }

    boolean gone() {
        char state = state();
        return state == 'X' || state == 'Z';
    }

    /// The processor time it has used by executing its program. What the kernel uses on its behalf, such as when it
    /// ends, is not counted.
    long ticks() {
        String[] fields = fields();
        return fields.length == 0 ? 0 : Long.parseLong(fields[UTIME_FIELD]);
    }

    private String[] fields() {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return stat.substring(stat.lastIndexOf(')') + 2).strip().split(" ", -1);
        } catch (IOException e) {
            // It has ended.
            return new String[0];
        }
    }
}
