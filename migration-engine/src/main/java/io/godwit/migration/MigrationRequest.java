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
/// @param owed        remembers pages that are still here when the guest runs elsewhere, should there be any
public record MigrationRequest(
        UUID id,
        Guest guest,
        Hypervisor.Capabilities hypervisor,
        String sourceHost,
        String targetHost,
        InetSocketAddress target,
        MigrationPolicy policy,
        SwitchoverGate gate,
        PagesOwed owed) {

    /// For those who do not outlive the migration.
    public MigrationRequest(
            UUID id,
            Guest guest,
            Hypervisor.Capabilities hypervisor,
            String sourceHost,
            String targetHost,
            InetSocketAddress target,
            MigrationPolicy policy,
            SwitchoverGate gate) {
        this(id, guest, hypervisor, sourceHost, targetHost, target, policy, gate, PagesOwed.NOT_REMEMBERED);
    }
}
