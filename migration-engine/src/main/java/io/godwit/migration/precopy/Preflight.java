package io.godwit.migration.precopy;

import io.godwit.migration.IncomingGuests.Offer;
import io.godwit.migration.MigrationRequest;
import io.godwit.migration.codec.MappedRam;
import io.godwit.migration.transport.Transport;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/// Everything that speaks against a migration, on both hosts, without beginning it.
public final class Preflight {
    private Preflight() {}

    /// @param migrating whether the guest is being migrated at the moment
    /// @return every blocker, each a sentence; empty if the migration may begin
    /// @throws IOException if the target cannot be asked
    public static List<String> ask(
            MigrationRequest request, Transport transport, boolean migrating, LongSupplier nanoClock)
            throws IOException, InterruptedException {
        List<String> blockers = new ArrayList<>(here(request, migrating));
        Session session = new Session(nanoClock);
        try (SourceWire wire = new SourceWire(session, transport, request.target(), request.targetHost())) {
            wire.open();
            blockers.addAll(wire.ask(offer(request)));
        }
        return blockers;
    }

    /// What the target is asked to take.
    static Offer offer(MigrationRequest request) {
        return new Offer(
                request.id(),
                request.sourceHost(),
                request.guest().spec(),
                request.hypervisor().version(),
                request.hypervisor().accelerator(),
                request.guest().memory().regions());
    }

    private static List<String> here(MigrationRequest request, boolean migrating) {
        List<String> blockers = new ArrayList<>();
        if (migrating) {
            blockers.add("The guest is being migrated already");
            return blockers;
        }
        try {
            RunState state = request.guest().state();
            if (state != RunState.RUNNING && state != RunState.PAUSED) {
                blockers.add("The guest is neither running nor paused: " + state);
            }
        } catch (HypervisorException e) {
            blockers.add("The guest's state cannot be told: " + Reasons.of(e));
        }
        try {
            var _ = new MappedRam(request.guest().memory());
            request.guest().track().close();
        } catch (HypervisorException | RuntimeException e) {
            blockers.add("The guest's memory cannot be tracked: " + Reasons.of(e));
        }
        return blockers;
    }
}
