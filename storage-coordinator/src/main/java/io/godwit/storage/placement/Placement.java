package io.godwit.storage.placement;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Chooses a host for a guest. A host must be alive, up, and have room. Of those that are, the best has, in this
/// order:
///
/// 1. the most guests of the guest's affinity group: who wants to be together wants it more than to be spread;
/// 2. the fewest guests of its anti-affinity group;
/// 3. the fewest guests at all;
/// 4. the most free memory;
/// 5. the first name, so that the same cluster always gives the same answer.
///
/// Groups are wishes: a guest runs apart from its group, or beside it, rather than not at all.
public final class Placement {
    private Placement() {}

    /// What came of the choice.
    public sealed interface Choice {
        record Chosen(String host) implements Choice {}

        /// @param reasons  for each host why not, as the rest of a sentence that begins with its name
        record None(Map<String, String> reasons) implements Choice {
            public None {
                reasons = Map.copyOf(reasons);
            }

            /// In one line, the hosts in the order of their names.
            public String words() {
                return reasons.isEmpty()
                        ? "there is no other host"
                        : new TreeMap<>(reasons)
                                .entrySet().stream()
                                        .map(entry -> entry.getKey() + " " + entry.getValue())
                                        .collect(Collectors.joining(", "));
            }
        }
    }

    public static Choice choose(Demand guest, List<Candidate> hosts) {
        Map<String, String> reasons = new TreeMap<>();
        for (Candidate candidate : hosts) {
            objection(guest, candidate)
                    .ifPresent(reason -> reasons.put(candidate.host().host(), reason));
        }
        String affinity = guest.policy().affinity();
        String antiAffinity = guest.policy().antiAffinity();
        return hosts.stream()
                .filter(candidate -> !reasons.containsKey(candidate.host().host()))
                .min(Comparator.comparingLong((Candidate host) -> -host.inAffinityGroup(affinity))
                        .thenComparingLong(host -> host.inAntiAffinityGroup(antiAffinity))
                        .thenComparingInt(host -> host.guests().size())
                        .thenComparingLong(host -> -host.freeBytes())
                        .thenComparing(host -> host.host().host()))
                .<Choice>map(best -> new Choice.Chosen(best.host().host()))
                .orElseGet(() -> new Choice.None(reasons));
    }

    private static Optional<String> objection(Demand guest, Candidate candidate) {
        if (!candidate.host().alive()) {
            return Optional.of("does not answer");
        }
        String state = switch (candidate.host().state()) {
            case UP -> "";
            case DRAINING -> "is being drained";
            case MAINTENANCE -> "is in maintenance";
        };
        if (!state.isEmpty()) {
            return Optional.of(state);
        }
        long free = candidate.freeBytes();
        return guest.memoryBytes() <= free
                ? Optional.empty()
                : Optional.of("has " + mib(Math.max(0, free)) + " MiB free of the " + mib(guest.memoryBytes())
                        + " MiB that are needed");
    }

    private static long mib(long bytes) {
        return bytes >> 20;
    }
}
