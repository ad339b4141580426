package io.godwit.chaos.verdict;

import io.godwit.chaos.history.Event;
import java.util.ArrayList;
import java.util.List;

/// How long after the old copy's last sign of life the new one's first came, for each change of a guest's
/// process that was no migration. Measured so that the true margin is never smaller.
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
        Copies.byGuest(events, Copies.STIRRED_NS_MIN).values().forEach(copies -> {
            for (int i = 1; i < copies.size(); i++) {
                Copies.Copy before = copies.get(i - 1);
                Copies.Copy after = copies.get(i);
                if (!after.incoming()) {
                    double marginMs = (after.firstAfterNs() - before.lastByNs()) / 1e6;
                    (after.host().equals(before.host()) ? restarts : takeovers).add(marginMs);
                }
            }
        });
        return new Margins(takeovers, restarts);
    }
}
