package io.godwit.storage.failover;

import io.godwit.storage.Debt;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.placement.Demand;
import org.jspecify.annotations.Nullable;

/// A guest as its records show it.
///
/// @param version  of the owner record
/// @param debt     null if nothing is owed
/// @param fenced   whether every image it writes is on an image server, which refuses its former owner: its
///                 takeover then need not wait until nothing of it is left on the dead host
public record GuestFacts(
        Demand demand,
        OwnerRecord owner,
        int version,
        @Nullable Debt debt,
        boolean fenced) {

    String name() {
        return demand.guest();
    }
}
