package io.godwit.agent.api;

/// @param state   `up`, `draining` or `maintenance`
/// @param alive   whether its agent holds a ZooKeeper session
/// @param guests  how many guests it owns
/// @param memoryUsedBytes  RAM of the guests it owns
public record HostView(
        String name, String address, String state, boolean alive, int guests, long memoryBytes, long memoryUsedBytes) {}
