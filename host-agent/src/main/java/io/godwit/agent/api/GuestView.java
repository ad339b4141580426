package io.godwit.agent.api;

/// A guest, from its records and, where it runs, from its hypervisor.
///
/// @param host         its owner; empty if stopped
/// @param state        `running`, `paused`, `incoming`, `shutdown`, `stopped`, `handover` or `unknown` (its
///                     host does not answer)
/// @param migratingTo  the target of a migration under way; empty otherwise
public record GuestView(
        String name, String host, String state, long epoch, long memoryBytes, int vcpus, String migratingTo) {}
