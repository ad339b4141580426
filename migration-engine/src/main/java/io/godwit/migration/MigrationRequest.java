package io.godwit.migration;

import io.godwit.shim.Guest;
import io.godwit.shim.Hypervisor;
import java.net.InetSocketAddress;
import java.util.UUID;

/// One guest to move.
///
/// @param id          chosen by the caller
/// @param guest       running or paused on this host; destroyed here once the target has it
/// @param hypervisor  the one the guest runs under, for the offer
/// @param sourceHost  this host's name
/// @param targetHost  the name the target's certificate must prove
/// @param target      where the target's engine listens
/// @param postCopy    whether pages may come after the switchover
public record MigrationRequest(
        UUID id,
        Guest guest,
        Hypervisor.Capabilities hypervisor,
        String sourceHost,
        String targetHost,
        InetSocketAddress target,
        MigrationPolicy policy,
        SwitchoverGate gate,
        PostCopy postCopy) {

    /// A migration that never leaves pages behind.
    public MigrationRequest(
            UUID id,
            Guest guest,
            Hypervisor.Capabilities hypervisor,
            String sourceHost,
            String targetHost,
            InetSocketAddress target,
            MigrationPolicy policy,
            SwitchoverGate gate) {
        this(id, guest, hypervisor, sourceHost, targetHost, target, policy, gate, PostCopy.NEVER);
    }
}
