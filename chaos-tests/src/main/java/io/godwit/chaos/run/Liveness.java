package io.godwit.chaos.run;

import io.godwit.chaos.history.Event;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// What the newest events say of each guest, for those who wait for it.
final class Liveness {
    private final Map<String, Long> acknowledgedAtNs = new HashMap<>();
    private final Map<String, Long> answeredAtNs = new HashMap<>();
    private final Map<String, Event.OwnerSeen> owners = new HashMap<>();

    synchronized void note(Event event) {
        if (event instanceof Event.Acknowledged one) {
            acknowledgedAtNs.put(one.guest(), one.atNs());
        } else if (event instanceof Event.Answered one) {
            answeredAtNs.put(one.guest(), one.atNs());
        } else if (event instanceof Event.OwnerSeen one) {
            owners.put(one.guest(), one);
        }
    }

    /// Whether it has written to its disk and answered a ping since then.
    synchronized boolean worksSince(String guest, long sinceNs) {
        return acknowledgedAtNs.getOrDefault(guest, Long.MIN_VALUE) > sinceNs
                && answeredAtNs.getOrDefault(guest, Long.MIN_VALUE) > sinceNs;
    }

    synchronized Optional<Event.OwnerSeen> owner(String guest) {
        return Optional.ofNullable(owners.get(guest));
    }
}
