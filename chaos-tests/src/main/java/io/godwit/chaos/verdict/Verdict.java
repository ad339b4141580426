package io.godwit.chaos.verdict;

import io.godwit.chaos.history.Event;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/// What all the checkers say of a run.
///
/// @param findings  by check, in the order of the report; an empty list means that the check held
public record Verdict(Map<String, List<String>> findings) {
    /// A watch that looks away for longer than this could miss a second owner.
    private static final long GAP_NS_MAX = TimeUnit.SECONDS.toNanos(2);

    public Verdict {
        Map<String, List<String>> copy = new LinkedHashMap<>();
        findings.forEach((check, list) -> copy.put(check, List.copyOf(list)));
        findings = java.util.Collections.unmodifiableMap(copy);
    }

    /// @param images  of each guest, once nobody writes them any more
    public static Verdict of(List<Event> events, Map<String, ImageRecords> images) {
        Map<String, List<String>> findings = new LinkedHashMap<>();
        findings.put("at no instant do two copies of a guest execute", OneExecutor.check(events));
        List<String> disks = new ArrayList<>();
        images.forEach((guest, image) -> disks.addAll(DiskTruth.check(guest, events, image)));
        findings.put("acknowledged records are on the image once and in order, none of an old run behind a new", disks);
        findings.put("epochs never shrink, and grow with each change of owner", EpochsGrow.check(events));
        findings.put("every guest is up in time whenever faults cease", settled(events));
        findings.put("no guest finds its memory changed", memory(events, images.keySet()));
        findings.put("every fault could be made and undone", faults(events));
        findings.put("the watch over the processes never looked away", attention(events));
        return new Verdict(findings);
    }

    public boolean held() {
        return findings.values().stream().allMatch(List::isEmpty);
    }

    static List<String> settled(List<Event> events) {
        List<Event.Settled> phases = events.stream()
                .filter(Event.Settled.class::isInstance)
                .map(Event.Settled.class::cast)
                .toList();
        if (phases.isEmpty()) {
            return List.of("There was no phase without faults, so nothing is shown");
        }
        return phases.stream()
                .filter(phase -> !phase.missing().isEmpty())
                .map(phase -> "After %.1f s without faults: %s"
                        .formatted((phase.atNs() - phase.sinceNs()) / 1e9, phase.missing()))
                .toList();
    }

    static List<String> memory(List<Event> events, Iterable<String> guests) {
        List<String> findings = new ArrayList<>();
        for (String guest : guests) {
            List<Event.MemoryChecked> checks = events.stream()
                    .filter(Event.MemoryChecked.class::isInstance)
                    .map(Event.MemoryChecked.class::cast)
                    .filter(check -> check.guest().equals(guest))
                    .toList();
            if (checks.isEmpty()) {
                findings.add("Guest " + guest + " never checked its memory, so nothing is shown");
            }
            checks.stream()
                    .filter(check -> check.wrong() > 0)
                    .forEach(check -> findings.add(
                            "Guest " + guest + " found " + check.wrong() + " of " + check.pages() + " pages changed"));
        }
        return findings;
    }

    static List<String> faults(List<Event> events) {
        Map<Integer, String> open = new LinkedHashMap<>();
        List<String> findings = new ArrayList<>();
        for (Event event : events) {
            if (event instanceof Event.FaultBegun begun) {
                open.put(begun.fault(), begun.words());
            } else if (event instanceof Event.FaultEnded ended) {
                String words = Objects.requireNonNullElse(open.remove(ended.fault()), "never begun");
                if (!ended.failure().isEmpty()) {
                    findings.add("Fault " + ended.fault() + " (" + words + "): " + ended.failure());
                }
            }
        }
        open.forEach((fault, words) -> findings.add("Fault " + fault + " (" + words + ") was never undone"));
        return findings;
    }

    static List<String> attention(List<Event> events) {
        List<Event.Watched> looks = events.stream()
                .filter(Event.Watched.class::isInstance)
                .map(Event.Watched.class::cast)
                .toList();
        if (looks.isEmpty()) {
            return List.of("Nobody watched the processes, so nothing is shown");
        }
        return looks.stream()
                .filter(look -> look.longestGapNs() > GAP_NS_MAX)
                .map(look -> "It did not look for %.1f s".formatted(look.longestGapNs() / 1e9))
                .toList();
    }
}
