package io.godwit.storage;

import io.godwit.storage.network.AddressAnnouncer;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;

/// Tells a network that an address is reached through this host now: gratuitous ARP and unsolicited neighbour
/// advertisements, at once and then repeatedly for 5 s.
public interface AddressTakeover extends AutoCloseable {

    /// @param sender  puts frames on a network; must not block for long
    /// @param meters  receives `godwit.announcement.*`
    static AddressTakeover over(FrameSender sender, MeterRegistry meters) {
        return AddressAnnouncer.over(sender, meters);
    }

    /// Starts to announce and returns at once. Call it once for each network card: a further call does not end an
    /// earlier one. Failures are logged and metered: an announcement that is lost is
    /// repeated, and one that cannot be sent does not undo a migration.
    ///
    /// @param networkInterface the bridge of the guest's network card
    /// @param mac              of the guest's network card
    /// @param addresses        IP literals, IPv4 or IPv6
    void announce(String guest, String networkInterface, String mac, List<String> addresses);

    /// Stops announcing a guest's addresses, because it has moved on. Idempotent.
    void silence(String guest);

    @Override
    void close();
}
