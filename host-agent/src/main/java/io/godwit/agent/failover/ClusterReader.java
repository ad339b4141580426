package io.godwit.agent.failover;

import io.godwit.agent.guests.SpecJson;
import io.godwit.storage.FailoverSwitch;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.HostSighting;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.failover.ClusterView;
import io.godwit.storage.failover.GuestFacts;
import io.godwit.storage.placement.Demand;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// Reads what the coordinator has to know. Guests are read only now and then while every host lives, for then only
/// those that are owed a start are of interest.
final class ClusterReader {
    private static final int PASSES_PER_LOOK = 4;

    private final Ownership ownership;
    private final Predicate<Set<String>> fenced;
    private int passes;

    /// @param fenced  whether these images refuse their former owner
    ClusterReader(Ownership ownership, Predicate<Set<String>> fenced) {
        this.ownership = ownership;
        this.fenced = fenced;
    }

    /// @return empty if there is nothing to look at in this pass
    Optional<ClusterView> read() throws OwnershipException {
        ownership.sync();
        List<HostSighting> hosts = ownership.hostSightings();
        boolean everybodyLives =
                hosts.stream().allMatch(sighting -> sighting.host().alive());
        if (everybodyLives && passes++ % PASSES_PER_LOOK != 0) {
            return Optional.empty();
        }
        FailoverSwitch failover = ownership.failover();
        List<GuestFacts> guests = new ArrayList<>();
        for (GuestEntry entry : ownership.guests()) {
            // What this agent cannot understand it cannot place either; the log says so.
            SpecJson.recorded(entry.guest(), entry.specification())
                    .ifPresent(recorded -> guests.add(facts(entry, recorded)));
        }
        return Optional.of(new ClusterView(failover.on(), hosts, guests));
    }

    private GuestFacts facts(GuestEntry entry, SpecJson.Recorded recorded) {
        return new GuestFacts(
                new Demand(entry.guest(), recorded.spec().memoryBytes(), recorded.policy()),
                entry.owner(),
                entry.version(),
                entry.debt(),
                fenced.test(entry.claims().images()));
    }
}
