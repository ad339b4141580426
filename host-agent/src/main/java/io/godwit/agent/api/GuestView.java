package io.godwit.agent.api;

import java.util.Objects;

/// A guest, from its records and, where it runs, from its hypervisor.
///
/// @param host         its owner; empty if stopped
/// @param state        `running`, `paused`, `incoming`, `shutdown`, `stopped`, `handover` or `unknown` (its
///                     host does not answer)
/// @param migratingTo  the target of a migration under way; empty otherwise
/// @param failover     how far the cluster is with starting it again: `restarting (2 of 5)`, `waiting: REASON`,
///                     `gave up: REASON`; empty if it owes it nothing
public record GuestView(
        String name,
        String host,
        String state,
        long epoch,
        long memoryBytes,
        int vcpus,
        String migratingTo,
        String failover) {

    public GuestView {
        // Agents of earlier versions do not speak of it.
        failover = Objects.requireNonNullElse(failover, "");
    }

    /// Of a guest that is owed nothing.
    public GuestView(
            String name, String host, String state, long epoch, long memoryBytes, int vcpus, String migratingTo) {
        this(name, host, state, epoch, memoryBytes, vcpus, migratingTo, "");
    }

    public GuestView withFailover(String words) {
        return new GuestView(name, host, state, epoch, memoryBytes, vcpus, migratingTo, words);
    }
}
