package io.godwit.agent.api;

/// @param state   `up`, `draining` or `maintenance`
/// @param alive   whether its agent holds a ZooKeeper session
/// @param leaseTakeoverWaitMs  how long after the end of its session its guests may be started elsewhere; 0 if
///                             they run on without ZooKeeper, and never may
/// @param guests  how many guests it owns
/// @param memoryUsedBytes  RAM of the guests it owns
public record HostView(
        String name,
        String address,
        String state,
        boolean alive,
        long leaseTakeoverWaitMs,
        int guests,
        long memoryBytes,
        long memoryUsedBytes) {}
