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

    /// All of it, of a guest that is this host's. What fails is logged: the guest runs all the same.
    public void announce(Guest guest) {
        addresses(guest);
        cards(guest);
    }

    /// Lets frames come here, and tells the network which addresses are here now. Good before the guest runs: what
    /// is sent to it waits.
    public void addresses(Guest guest) {
        GuestSpec spec = guest.spec();
        try {
            guest.becomeReachable();
        } catch (HypervisorException e) {
            LOG.warn("Guest {} is reached only once it has sent something: {}", spec.name(), e.getMessage());
        }
        for (GuestSpec.Nic nic : spec.nics()) {
            String bridge = nic.bridge() == null ? host.config().bridge() : nic.bridge();
            takeover.announce(spec.name(), bridge, nic.mac(), nic.addresses());
        }
    }

    /// For what has no IP address of its own, such as a switch that learns from any frame of the card.
    public void cards(Guest guest) {
        try {
            guest.announce();
        } catch (HypervisorException e) {
            LOG.warn("Guest {} did not announce itself: {}", guest.spec().name(), e.getMessage());
        }
    }

    /// Says nothing more of a guest that is not this host's any more.
    public void silence(String guest) {
        takeover.silence(guest);
    }
}
