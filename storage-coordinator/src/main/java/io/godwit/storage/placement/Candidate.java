package io.godwit.storage.placement;

import io.godwit.storage.HostEntry;
import java.util.List;

/// A host that a guest could run on.
///
/// @param guests  that are recorded there, or on their way there
public record Candidate(HostEntry host, List<Demand> guests) {
    public Candidate {
        guests = List.copyOf(guests);
    }

    /// What the host lends to guests and has not lent yet; negative if it has lent too much.
    public long freeBytes() {
        return host.memoryBytes()
                - guests.stream().mapToLong(Demand::memoryBytes).sum();
    }

    long inAffinityGroup(String group) {
        return group.isEmpty()
                ? 0
                : guests.stream()
                        .filter(guest -> guest.policy().affinity().equals(group))
                        .count();
    }

    long inAntiAffinityGroup(String group) {
        return group.isEmpty()
                ? 0
                : guests.stream()
                        .filter(guest -> guest.policy().antiAffinity().equals(group))
                        .count();
    }
}
