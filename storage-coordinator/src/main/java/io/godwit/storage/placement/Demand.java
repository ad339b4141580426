package io.godwit.storage.placement;

/// A guest, as far as its place matters.
public record Demand(String guest, long memoryBytes, RestartPolicy policy) {}
