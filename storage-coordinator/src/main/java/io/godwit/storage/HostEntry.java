package io.godwit.storage;

/// A host's record, `/godwit/hosts/<host>`.
///
/// @param address      where other agents reach it: a host name or IP literal
/// @param apiPort      its HTTP API
/// @param migrationPort  where it receives guests
/// @param memoryBytes  what it lends to guests
/// @param alive        whether its session is alive: a hint, never a proof
public record HostEntry(
        String host, String address, int apiPort, int migrationPort, long memoryBytes, HostState state, boolean alive) {

    public enum HostState {
        UP,
        DRAINING,
        MAINTENANCE
    }
}
