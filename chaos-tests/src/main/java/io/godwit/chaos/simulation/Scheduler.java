package io.godwit.chaos.simulation;

import java.util.PriorityQueue;

/// Simulated time, and what is to happen when. Of two events at the same instant the one planned first comes first.
final class Scheduler {
    static final long MS = 1_000;
    static final long SECOND = 1_000 * MS;

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long nowMicros;
    private long planned;

    private record Event(long atMicros, long order, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(atMicros, other.atMicros);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    long nowMicros() {
        return nowMicros;
    }

    void after(long delayMicros, Runnable action) {
        at(nowMicros + delayMicros, action);
    }

    void at(long atMicros, Runnable action) {
        events.add(new Event(Math.max(nowMicros, atMicros), planned++, action));
    }

    /// Lets the next event happen.
    ///
    /// @return false if nothing is planned any more
    boolean step() {
        Event next = events.poll();
        if (next == null) {
            return false;
        }
        nowMicros = next.atMicros();
        next.action().run();
        return true;
    }
}
