package io.godwit.agent.guard;

import io.godwit.shim.Guest;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.Hypervisor;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.NbdDisk;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A hypervisor whose guests are all known to the guard before anybody can run them.
public final class GuardedHypervisor implements Hypervisor {
    private static final Logger LOG = LoggerFactory.getLogger(GuardedHypervisor.class);
    private static final Duration DESTROY_TIMEOUT = Duration.ofSeconds(10);

    private final Hypervisor hypervisor;
    private final LeaseKeeper keeper;

    public GuardedHypervisor(Hypervisor hypervisor, LeaseKeeper keeper) {
        this.hypervisor = hypervisor;
        this.keeper = keeper;
    }

    @Override
    public Capabilities capabilities() {
        return hypervisor.capabilities();
    }

    @Override
    public List<String> blockers(GuestSpec spec) {
        return hypervisor.blockers(spec);
    }

    @Override
    public List<String> blockers(GuestSpec spec, Set<String> remote) {
        return hypervisor.blockers(spec, remote);
    }

    @Override
    public Guest create(GuestSpec spec) throws HypervisorException {
        return create(spec, Map.of());
    }

    @Override
    public Guest create(GuestSpec spec, Map<String, NbdDisk> remote) throws HypervisorException {
        return admitted(hypervisor.create(spec, remote), true);
    }

    @Override
    public Guest prepareIncoming(GuestSpec spec) throws HypervisorException {
        return prepareIncoming(spec, Map.of());
    }

    @Override
    public Guest prepareIncoming(GuestSpec spec, Map<String, NbdDisk> remote) throws HypervisorException {
        // Its record is another host's until the commit, which is itself the proof.
        return admitted(hypervisor.prepareIncoming(spec, remote), false);
    }

    @Override
    public List<String> present() throws HypervisorException {
        return hypervisor.present();
    }

    @Override
    public OptionalLong process(String name) throws HypervisorException {
        return hypervisor.process(name);
    }

    /// Makes every guest that is here known to the guard, also those that do not answer: a guest that an earlier
    /// guard has stopped cannot be adopted before it is continued.
    ///
    /// @return the guests of which it is not known what runs
    public List<String> noteAll() {
        List<String> unknown = new ArrayList<>();
        try {
            for (String name : hypervisor.present()) {
                try {
                    hypervisor.process(name).ifPresent(pid -> keeper.noteFound(name, pid));
                } catch (HypervisorException e) {
                    LOG.warn("It is not known what runs of guest {}: {}", name, e.getMessage());
                    unknown.add(name);
                }
            }
        } catch (HypervisorException e) {
            LOG.warn("The guests of this host cannot be listed: {}", e.getMessage());
            unknown.add("all guests");
        }
        return unknown;
    }

    @Override
    public Optional<Guest> adopt(String name) throws HypervisorException {
        Optional<Guest> guest = hypervisor.adopt(name);
        // It runs already. Its record decides how long, and a copy that was outrun is destroyed by who adopts.
        guest.ifPresent(found -> keeper.noteFound(name, found.pid()));
        return guest;
    }

    /// Memory alone runs nothing, and a process that is there was made known to the guard when the agent started.
    @Override
    public Optional<LeftMemory> leftMemory(String name) throws HypervisorException {
        return hypervisor.leftMemory(name);
    }

    @Override
    public void cleanUp(String name) throws HypervisorException {
        hypervisor.cleanUp(name);
    }

    private Guest admitted(Guest guest, boolean recorded) throws HypervisorException {
        try {
            keeper.admit(guest.spec().name(), guest.pid(), recorded);
            return guest;
        } catch (HypervisorException e) {
            try {
                guest.destroy(DESTROY_TIMEOUT);
            } catch (HypervisorException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }
}
