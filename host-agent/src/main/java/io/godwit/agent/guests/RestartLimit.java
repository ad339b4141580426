package io.godwit.agent.guests;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/// Keeps a guest that always ends from being started for ever: at most so many restarts within a window.
final class RestartLimit {
    private final int restartsMax;
    private final Duration window;
    private final InstantSource clock;
    private final Map<String, Deque<Instant>> restarts = new HashMap<>();

    RestartLimit(int restartsMax, Duration window, InstantSource clock) {
        this.restartsMax = restartsMax;
        this.window = window;
        this.clock = clock;
    }

    /// Counts one restart, if there may be one more.
    synchronized boolean tryRestart(String guest) {
        Instant now = clock.instant();
        Deque<Instant> times = restarts.computeIfAbsent(guest, _ -> new ArrayDeque<>());
        while (!times.isEmpty() && times.getFirst().isBefore(now.minus(window))) {
            times.removeFirst();
        }
        if (times.size() >= restartsMax) {
            return false;
        }
        times.addLast(now);
        return true;
    }

    /// Forgets a guest that was destroyed or has moved on.
    synchronized void forget(String guest) {
        restarts.remove(guest);
    }

    String words() {
        return restartsMax + " restarts in " + window.toMinutes() + " minutes";
    }
}
