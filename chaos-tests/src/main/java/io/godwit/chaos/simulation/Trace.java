package io.godwit.chaos.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What happened, as a number that two equal runs share and, if wanted, as lines to read.
final class Trace {
    private final Scheduler clock;
    private final boolean recording;
    private final List<String> lines = new ArrayList<>();
    private long hash = 17;

    Trace(Scheduler clock, boolean recording) {
        this.clock = clock;
        this.recording = recording;
    }

    /// @param detail only read: becomes text if lines are wanted, and is no part of the number
    void note(String who, String guest, String what, long figure, Object detail) {
        hash = hash * 31 + clock.nowMicros();
        hash = hash * 31 + who.hashCode();
        hash = hash * 31 + guest.hashCode();
        hash = hash * 31 + what.hashCode();
        hash = hash * 31 + figure;
        if (recording) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%10.6f  %-4s %-5s %-10s %s",
                    clock.nowMicros() / 1e6,
                    who,
                    guest,
                    what,
                    TraceWords.of(detail)));
        }
    }

    long hash() {
        return hash;
    }

    List<String> lines() {
        return List.copyOf(lines);
    }
}
