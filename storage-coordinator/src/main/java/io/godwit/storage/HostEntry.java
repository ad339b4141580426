package io.godwit.storage;

/// A host's record, `/godwit/hosts/<host>`. Every announcement of the host raises the node's version.
///
/// @param address      where other agents reach it: a host name or IP literal
/// @param apiPort      its HTTP API
/// @param migrationPort  where it receives guests
/// @param memoryBytes  what it lends to guests
/// @param leaseTakeoverWaitMs  how long after the end of the host's session nothing is left of its guests, for a
///                     clock that is as wrong as it may be; 0 if it does not enforce the lease, and its guests may
///                     run for ever
/// @param alive        whether its session is alive: a hint, never a proof
public record HostEntry(
        String host,
        String address,
        int apiPort,
        int migrationPort,
        long memoryBytes,
        HostState state,
        long leaseTakeoverWaitMs,
        boolean alive) {

    /// More than any configuration yields: a record that says more is not believed.
    public static final long LEASE_TAKEOVER_WAIT_MS_MAX = 3_600_000;

    public enum HostState {
        UP,
        DRAINING,
        MAINTENANCE
    }

    /// A host that does not enforce the lease.
    public HostEntry(
            String host,
            String address,
            int apiPort,
            int migrationPort,
            long memoryBytes,
            HostState state,
            boolean alive) {
        this(host, address, apiPort, migrationPort, memoryBytes, state, 0, alive);
    }

    /// Whether the host's guests stop by themselves once its session is gone.
    public boolean enforcesLease() {
        return leaseTakeoverWaitMs > 0;
    }

    public HostEntry withLeaseTakeoverWaitMs(long waitMs) {
        return new HostEntry(host, address, apiPort, migrationPort, memoryBytes, state, waitMs, alive);
    }
}
