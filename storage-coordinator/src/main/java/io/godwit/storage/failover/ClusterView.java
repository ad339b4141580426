package io.godwit.storage.failover;

import io.godwit.storage.HostSighting;
import java.util.List;

/// What a coordinator has read of the cluster, all of it after the answers it has heard of were given.
///
/// @param on  the failover switch
public record ClusterView(boolean on, List<HostSighting> hosts, List<GuestFacts> guests) {
    public ClusterView {
        hosts = List.copyOf(hosts);
        guests = List.copyOf(guests);
    }
}
