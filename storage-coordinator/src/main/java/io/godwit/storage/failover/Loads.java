package io.godwit.storage.failover;

import io.godwit.storage.HostEntry;
import io.godwit.storage.HostSighting;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.placement.Candidate;
import io.godwit.storage.placement.Demand;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// What every host has, and is about to have, of guests.
final class Loads {
    private final Map<String, HostEntry> hosts = new TreeMap<>();
    private final Map<String, Map<String, Demand>> guests = new HashMap<>();
    private final Map<String, Integer> starts = new HashMap<>();

    private Loads() {}

    static Loads of(ClusterView view, Map<String, Failover.Underway> underway) {
        Loads loads = new Loads();
        for (HostSighting sighting : view.hosts()) {
            loads.hosts.put(sighting.host().host(), sighting.host());
        }
        for (GuestFacts guest : view.guests()) {
            switch (guest.owner().state()) {
                case OwnerState.Running _ -> loads.put(guest.owner().host(), guest);
                case OwnerState.Handover handover -> {
                    loads.put(guest.owner().host(), guest);
                    // It needs the room on both until one of them has it.
                    loads.put(handover.target(), guest);
                }
                case OwnerState.Stopped _ -> {}
            }
        }
        underway.values().forEach(start -> loads.add(start.host(), start.guest()));
        return loads;
    }

    /// A start is under way there.
    void add(String host, GuestFacts guest) {
        put(host, guest);
        starts.merge(host, 1, Integer::sum);
    }

    /// @param without    hosts that are not asked
    /// @param startsMax  hosts with as many starts under way are not asked either
    List<Candidate> candidates(Set<String> without, int startsMax) {
        List<Candidate> candidates = new ArrayList<>();
        hosts.forEach((name, host) -> {
            if (!without.contains(name) && starts.getOrDefault(name, 0) < startsMax) {
                candidates.add(new Candidate(
                        host, List.copyOf(guests.getOrDefault(name, Map.of()).values())));
            }
        });
        return candidates;
    }

    private void put(String host, GuestFacts guest) {
        guests.computeIfAbsent(host, _ -> new TreeMap<>()).put(guest.name(), guest.demand());
    }
}
