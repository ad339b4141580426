package io.godwit.agent.migrations;

import io.godwit.agent.guests.Admission;
import io.godwit.agent.guests.HostContext;
import io.godwit.agent.guests.SlotState;
import io.godwit.agent.guests.SpecJson;
import io.godwit.migration.IncomingGuests.Offer;
import io.godwit.shim.Hypervisor;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.HostEntry;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.OwnershipException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Everything that speaks against receiving a guest, at once. Touches nothing.
///
/// The source has proven its name, and nothing else: that the guest is its own, and is what it says it is, is
/// looked up in the records.
final class ArrivalBlockers {
    private final HostContext host;
    private final Admission admission;

    ArrivalBlockers(HostContext host, Admission admission) {
        this.host = host;
        this.admission = admission;
    }

    List<String> of(Offer offer) {
        List<String> blockers = new ArrayList<>();
        addRecords(offer, blockers);
        addHypervisor(offer, blockers);
        blockers.addAll(admission.blockers(offer.spec()));
        blockers.addAll(host.table().blockers(offer.spec()));
        blockers.addAll(host.table().migrationBlockers(SlotState.Arriving.class, "receives"));
        return List.copyOf(blockers);
    }

    private void addRecords(Offer offer, List<String> blockers) {
        if (!host.ownership().connected()) {
            blockers.add("Host " + host.name() + " has no connection to ZooKeeper");
            return;
        }
        try {
            if (offer.sourceHost().equals(host.name())) {
                blockers.add("Source and target are the same host: " + host.name());
            } else if (host.ownership().host(offer.sourceHost()).isEmpty()) {
                blockers.add("The source is no host of this cluster: " + offer.sourceHost());
            }
            host.ownership().host(host.name()).map(HostEntry::state).ifPresent(state -> {
                switch (state) {
                    case UP -> {}
                    case DRAINING -> blockers.add("Host " + host.name() + " is being drained and takes no guests");
                    case MAINTENANCE -> blockers.add("Host " + host.name() + " is in maintenance and takes no guests");
                }
            });
            addOwner(offer, host.ownership().guest(offer.spec().name()), blockers);
        } catch (OwnershipException e) {
            blockers.add("Host " + host.name() + " cannot read the records: " + e.getMessage());
        }
    }

    private static void addOwner(Offer offer, Optional<GuestEntry> entry, List<String> blockers) {
        if (entry.isEmpty()) {
            blockers.add("There is no record of the guest: " + offer.spec().name());
            return;
        }
        String owner = entry.get().owner().host();
        boolean running = entry.get().owner().state() instanceof OwnerState.Running;
        if (!running || !owner.equals(offer.sourceHost())) {
            blockers.add("The guest's record does not say that it runs on " + offer.sourceHost() + ": it says " + owner
                    + ", " + entry.get().owner().state());
        }
        boolean asRecorded = SpecJson.read(offer.spec().name(), entry.get().specification())
                .filter(offer.spec()::equals)
                .isPresent();
        if (!asRecorded) {
            blockers.add("The guest that is offered is not specified as its record says: "
                    + offer.spec().name());
        }
    }

    private void addHypervisor(Offer offer, List<String> blockers) {
        Hypervisor.Capabilities here = host.hypervisor().capabilities();
        if (!here.accelerator().equals(offer.accelerator())) {
            blockers.add("The guest runs under " + offer.accelerator() + " but host " + host.name() + " offers "
                    + here.accelerator());
        }
        boolean loadable = HypervisorVersion.parse(here.version())
                .flatMap(target ->
                        HypervisorVersion.parse(offer.hypervisorVersion()).map(target::canLoadStateOf))
                .orElseGet(() -> here.version().equals(offer.hypervisorVersion()));
        if (!loadable) {
            blockers.add("The hypervisor of host " + host.name() + " cannot load what the source's writes: "
                    + here.version() + " is older than, or another than, " + offer.hypervisorVersion());
        }
    }
}
