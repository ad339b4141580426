package io.godwit.chaos.verdict;

import io.godwit.chaos.history.Event;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/// The QEMU processes of a history, and when each executed its guest.
final class Copies {
    /// The kernel adds a running thread's time to its account at its next tick only, 4 ms later; so what a look
    /// finds new may have been used this much before the look before.
    static final long ACCOUNTING_LAG_NS = TimeUnit.MILLISECONDS.toNanos(10);

    /// A paused guest's processors are woken now and then to change their state, for some microseconds. A guest
    /// that runs has looks between which it used more than this.
    static final long RAN_NS_MIN = TimeUnit.MILLISECONDS.toNanos(1);

    /// More than nothing: for those who must not call a copy still that may have run.
    static final long STIRRED_NS_MIN = TimeUnit.MICROSECONDS.toNanos(50);

    /// The guest executed at some moment after the first time and until the second.
    record Active(long afterNs, long untilNs) {}

    /// One process.
    ///
    /// @param incoming  whether it was started to receive a guest
    /// @param active    in the order of time
    /// @param goneNs    when it was first seen to be gone; `Long.MAX_VALUE` if it never was
    record Copy(String process, String host, String guest, boolean incoming, List<Active> active, long goneNs) {
        Copy {
            active = List.copyOf(active);
        }

        boolean executed() {
            return !active.isEmpty();
        }

        /// It had certainly executed by then.
        long firstByNs() {
            return active.getFirst().untilNs();
        }

        /// It certainly executed after that.
        long lastAfterNs() {
            return active.getLast().afterNs();
        }

        /// It did not execute before that.
        long firstAfterNs() {
            return active.getFirst().afterNs();
        }

        /// It did not execute after that.
        long lastByNs() {
            return active.getLast().untilNs();
        }
    }

    private Copies() {}

    /// Those that executed, by guest, in the order in which they began.
    ///
    /// @param ranNsMin  what counts as executing, between two looks
    static Map<String, List<Copy>> byGuest(List<Event> events, long ranNsMin) {
        Map<String, Event.ProcessFound> found = new LinkedHashMap<>();
        Map<String, List<Active>> active = new LinkedHashMap<>();
        Map<String, Long> gone = new LinkedHashMap<>();
        for (Event event : events) {
            switch (event) {
                case Event.ProcessFound it -> found.put(it.process(), it);
                case Event.ProcessGone it -> gone.put(it.process(), it.atNs());
                case Event.ProcessLook it -> {
                    if (it.ranNs() >= ranNsMin) {
                        active.computeIfAbsent(it.process(), _ -> new ArrayList<>())
                                .add(new Active(it.sinceNs() - ACCOUNTING_LAG_NS, it.atNs()));
                    }
                }
                case Event.Watched _,
                        Event.Acknowledged _,
                        Event.Answered _,
                        Event.OwnerSeen _,
                        Event.FaultBegun _,
                        Event.FaultEnded _,
                        Event.AgentLaunched _,
                        Event.MigrationEnded _,
                        Event.MemoryChecked _,
                        Event.OperatorActed _,
                        Event.Settled _ -> {}
            }
        }
        Map<String, List<Copy>> copies = new LinkedHashMap<>();
        active.forEach((process, spans) -> {
            Event.ProcessFound origin = Objects.requireNonNull(found.get(process), process);
            copies.computeIfAbsent(origin.guest(), _ -> new ArrayList<>())
                    .add(new Copy(
                            process,
                            origin.host(),
                            origin.guest(),
                            origin.incoming(),
                            spans,
                            gone.getOrDefault(process, Long.MAX_VALUE)));
        });
        copies.values().forEach(list -> list.sort(Comparator.comparingLong(Copy::firstByNs)));
        return copies;
    }
}
