package io.godwit.chaos.verdict;

import io.godwit.chaos.history.Event;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/// For how long a fault kept a guest from answering pings. A silence counts for every fault that was in effect
/// when it began, or had begun or ended at most 2 s before: with two at once nobody can tell which it was.
public final class Silences {
    private static final long AFTERMATH_NS = TimeUnit.SECONDS.toNanos(2);
    /// Between two pings lie 50 ms; a migration costs less than this too.
    private static final long SILENCE_NS_MIN = TimeUnit.MILLISECONDS.toNanos(300);

    /// One kind of fault.
    ///
    /// @param silenceMs  the longest silence of any guest for each fault of this kind; 0 if there was none
    public record OfKind(String kind, List<Double> silenceMs) {
        public OfKind {
            silenceMs = List.copyOf(silenceMs);
        }
    }

    private record Gap(long fromNs, long toNs) {}

    private Silences() {}

    /// By kind of fault, in alphabetical order.
    public static List<OfKind> of(List<Event> events) {
        List<Gap> gaps = gaps(events);
        Map<Integer, Long> ends = new HashMap<>();
        for (Event event : events) {
            if (event instanceof Event.FaultEnded ended) {
                ends.put(ended.fault(), ended.atNs());
            }
        }
        Map<String, List<Double>> byKind = new TreeMap<>();
        for (Event event : events) {
            if (event instanceof Event.FaultBegun begun) {
                long untilNs = ends.getOrDefault(begun.fault(), begun.atNs()) + AFTERMATH_NS;
                // Pings are a moment on their way: a silence may seem to begin a little before its cause.
                long fromNs = begun.atNs() - SILENCE_NS_MIN;
                long longestNs = gaps.stream()
                        .filter(gap -> gap.fromNs() >= fromNs && gap.fromNs() <= untilNs)
                        .mapToLong(gap -> gap.toNs() - gap.fromNs())
                        .max()
                        .orElse(0);
                byKind.computeIfAbsent(begun.type(), _ -> new ArrayList<>()).add(longestNs / 1e6);
            }
        }
        return byKind.entrySet().stream()
                .map(entry -> new OfKind(entry.getKey(), entry.getValue()))
                .toList();
    }

    private static List<Gap> gaps(List<Event> events) {
        Map<String, Long> last = new HashMap<>();
        List<Gap> gaps = new ArrayList<>();
        for (Event event : events) {
            if (event instanceof Event.Answered answered) {
                Long before = last.put(answered.guest(), answered.atNs());
                if (before != null && answered.atNs() - before >= SILENCE_NS_MIN) {
                    gaps.add(new Gap(before, answered.atNs()));
                }
            }
        }
        return gaps;
    }
}
