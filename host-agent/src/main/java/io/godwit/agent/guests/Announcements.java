package io.godwit.agent.guests;

import io.godwit.shim.Guest;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.HypervisorException;
import io.godwit.storage.AddressTakeover;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells the network where a guest is now.
public final class Announcements {
    private static final Logger LOG = LoggerFactory.getLogger(Announcements.class);

    private final HostContext host;
    private final AddressTakeover takeover;

    public Announcements(HostContext host, AddressTakeover takeover) {
        this.host = host;
        this.takeover = takeover;
    }

    /// Announces the addresses of a guest that is this host's. What fails is logged: the guest runs all the same.
    public void announce(Guest guest) {
        GuestSpec spec = guest.spec();
        for (GuestSpec.Nic nic : spec.nics()) {
            String bridge = nic.bridge() == null ? host.config().bridge() : nic.bridge();
            takeover.announce(spec.name(), bridge, nic.mac(), nic.addresses());
        }
        try {
            guest.announce();
        } catch (HypervisorException e) {
            LOG.warn("Guest {} did not announce itself: {}", spec.name(), e.getMessage());
        }
    }

    /// Says nothing more of a guest that is not this host's any more.
    public void silence(String guest) {
        takeover.silence(guest);
    }
}
