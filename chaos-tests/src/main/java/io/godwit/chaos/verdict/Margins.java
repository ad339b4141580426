package io.godwit.chaos.verdict;

import io.godwit.chaos.history.Event;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// How long after the old copy's last sign of life the new one's first came, for each change of a guest's
/// process that was no migration. A sign of life is 50 us of processor time, so the true margin is hardly ever smaller.
///
/// @param takeoverMs  where the new copy ran on another host
/// @param restartMs   where it ran on the same
public record Margins(List<Double> takeoverMs, List<Double> restartMs) {
    public Margins {
        takeoverMs = List.copyOf(takeoverMs);
        restartMs = List.copyOf(restartMs);
    }

    public static Margins of(List<Event> events) {
        List<Double> takeovers = new ArrayList<>();
        List<Double> restarts = new ArrayList<>();
        Map<String, Copies.Copy> stirred = Copies.byGuest(events, Copies.STIRRED_NS_MIN).values().stream()
                .flatMap(List::stream)
                .collect(Collectors.toMap(Copies.Copy::process, copy -> copy));
        Copies.byGuest(events, Copies.RAN_NS_MIN).values().forEach(executed -> {
            List<Copies.Copy> copies = executed.stream()
                    .map(copy -> stirred.getOrDefault(copy.process(), copy))
                    .toList();
            for (int i = 1; i < copies.size(); i++) {
                Copies.Copy after = copies.get(i);
                if (!after.incoming()) {
                    Copies.Copy before = copies.subList(0, i).stream()
                            .max(Comparator.comparingLong(Copies.Copy::lastByNs))
                            .orElseThrow();
                    double marginMs = (after.firstAfterNs() - before.lastByNs()) / 1e6;
                    (after.host().equals(before.host()) ? restarts : takeovers).add(marginMs);
                }
            }
        });
        return new Margins(takeovers, restarts);
    }
}
