package io.godwit.chaos.verdict;

import io.godwit.chaos.history.Event;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// In the order of ZooKeeper's own counting, the epoch in a guest's owner record never shrinks, and it grows
/// whenever another host becomes the owner.
public final class EpochsGrow {
    private EpochsGrow() {}

    /// @return what is wrong, as sentences; empty if nothing is
    public static List<String> check(List<Event> events) {
        List<Event.OwnerSeen> seen = events.stream()
                .filter(Event.OwnerSeen.class::isInstance)
                .map(Event.OwnerSeen.class::cast)
                .sorted(Comparator.comparingLong(Event.OwnerSeen::zxid))
                .toList();
        List<String> findings = new ArrayList<>();
        Map<String, Event.OwnerSeen> last = new HashMap<>();
        for (Event.OwnerSeen now : seen) {
            Event.OwnerSeen before = last.put(now.guest(), now);
            if (before == null) {
                continue;
            }
            if (now.epoch() < before.epoch()) {
                findings.add("The epoch of guest %s shrank from %d to %d"
                        .formatted(now.guest(), before.epoch(), now.epoch()));
            } else if (now.epoch() == before.epoch() && !now.host().equals(before.host())) {
                findings.add("Guest %s passed from %s to %s within epoch %d"
                        .formatted(now.guest(), before.host(), now.host(), now.epoch()));
            }
        }
        return findings;
    }
}
