package io.godwit.shim.synthetic;

import io.godwit.shim.GuestMemory;
import io.godwit.shim.Hypervisor;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPages;
import io.godwit.shim.RunState;
import java.time.Duration;

/// The memory of a synthetic guest that lives.
final class SyntheticMemory implements Hypervisor.LeftMemory {
    private final SyntheticHypervisor hypervisor;
    private final SyntheticGuest guest;

    SyntheticMemory(SyntheticHypervisor hypervisor, SyntheticMachine machine) {
        this.hypervisor = hypervisor;
        this.guest = new SyntheticGuest(hypervisor, machine);
    }

    @Override
    public GuestMemory memory() {
        return guest.memory();
    }

    @Override
    public boolean missesPages() {
        return guest.missesPages();
    }

    @Override
    public MissingPages missingPages() throws HypervisorException {
        return guest.missingPages();
    }

    @Override
    public boolean gone() {
        return guest.state() == RunState.GONE;
    }

    @Override
    public void end(Duration timeout) {
        if (!gone()) {
            hypervisor.crash(guest.spec().name());
        }
    }

    @Override
    public void close() {
        guest.close();
    }
}
