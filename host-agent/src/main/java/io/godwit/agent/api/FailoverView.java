package io.godwit.agent.api;

import java.util.List;

/// The cluster's switch, and how far each host has followed it.
///
/// @param by       who turned it last; empty if nobody ever has
/// @param sinceMs  when, milliseconds since 1970; 0 if nobody ever has
public record FailoverView(boolean on, String by, long sinceMs, List<HostLease> hosts) {
    public FailoverView {
        hosts = List.copyOf(hosts);
    }

    /// @param alive               whether its agent holds a ZooKeeper session
    /// @param leaseTakeoverWaitMs 0 if its guests run on without ZooKeeper
    public record HostLease(String host, boolean alive, long leaseTakeoverWaitMs) {}
}
