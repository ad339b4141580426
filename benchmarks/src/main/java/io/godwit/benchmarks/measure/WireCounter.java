package io.godwit.benchmarks.measure;

import io.godwit.chaos.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What hosts have put on their links so far, migration and all else, by the kernel's counters of the interfaces.
///
/// @param witnesses  a process in each host's network namespace, whose view of the interfaces is read
/// @param device     the link's end in each host
public record WireCounter(List<Long> witnesses, String device) {
    private static final int FIELDS_TO_SENT_BYTES = 8;

    public WireCounter {
        witnesses = List.copyOf(witnesses);
    }

    /// Of all hosts together.
    public long bytesSent() {
        long sum = 0;
        for (long pid : witnesses) {
            Path counters = Path.of("/proc/" + pid + "/net/dev");
            try {
                sum += bytesSent(Files.readAllLines(counters), device);
            } catch (IOException e) {
                throw new LabException("The link's counters cannot be read: " + counters, e);
            }
        }
        return sum;
    }

    /// @param lines of `/proc/net/dev`
    static long bytesSent(List<String> lines, String device) {
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon >= 0 && line.substring(0, colon).strip().equals(device)) {
                return Long.parseLong(line.substring(colon + 1).strip().split("\\s+", -1)[FIELDS_TO_SENT_BYTES]);
            }
        }
        throw new LabException("There is no interface " + device);
    }
}
