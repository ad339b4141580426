package io.godwit.storage;

import java.util.List;

/// Tells a network that an address is reached through this host now: gratuitous ARP and unsolicited neighbour
/// advertisements, at once and then repeatedly for 5 s.
public interface AddressTakeover extends AutoCloseable {

    /// Starts to announce and returns at once. Failures are logged and metered: an announcement that is lost is
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
