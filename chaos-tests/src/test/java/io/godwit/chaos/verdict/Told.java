package io.godwit.chaos.verdict;

import io.godwit.chaos.history.Event;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A history made up for a test, in milliseconds.
final class Told {
    private static final long RAN_NS = TimeUnit.MILLISECONDS.toNanos(3);
    private static final long LOOK_MS = 15;

    private final List<Event> events = new ArrayList<>();

    List<Event> events() {
        return Collections.unmodifiableList(events);
    }

    static long ns(long ms) {
        return TimeUnit.MILLISECONDS.toNanos(ms);
    }

    Told event(Event event) {
        events.add(event);
        return this;
    }

    /// A copy that executes all the time between two moments, looked at every 15 ms.
    Told runs(String process, String host, String guest, boolean incoming, long fromMs, long toMs) {
        events.add(new Event.ProcessFound(ns(fromMs), process, host, guest, incoming));
        return executes(process, fromMs, toMs);
    }

    Told executes(String process, long fromMs, long toMs) {
        for (long ms = fromMs; ms < toMs; ms += LOOK_MS) {
            events.add(new Event.ProcessLook(ns(ms + LOOK_MS), ns(ms), process, "S", RAN_NS));
        }
        return this;
    }

    Told gone(String process, long atMs) {
        events.add(new Event.ProcessGone(ns(atMs), ns(atMs - LOOK_MS), process));
        return this;
    }

    Told acknowledged(long atMs, long number, String run) {
        events.add(new Event.Acknowledged(ns(atMs), "g1", number, crc(number, run), run));
        return this;
    }

    Told owner(long zxid, String host, long epoch) {
        events.add(new Event.OwnerSeen(ns(zxid), "g1", zxid, (int) zxid, host, epoch, "RUNNING", ""));
        return this;
    }

    static int crc(long number, String run) {
        return (int) (number * 31) ^ run.hashCode();
    }
}
