package io.godwit.agent.testing;

import io.godwit.shim.Guest;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.Hypervisor;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// A host's guests, which outlive the agents that come and go.
public final class FakeHypervisor implements Hypervisor {
    private final Map<String, FakeGuest> guests = new ConcurrentHashMap<>();
    private final Map<String, Boolean> leftovers = new ConcurrentHashMap<>();
    private volatile Capabilities capabilities =
            new Capabilities("QEMU 7.2.22", List.of("pc-q35-7.2"), List.of("qemu64"), "tcg", "pc-q35-7.2", "qemu64");
    private volatile List<String> blockers = List.of();
    private volatile boolean refuseStart;
    private volatile boolean refuseResume;
    private volatile boolean refuseAdoption;

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    public void setCapabilities(Capabilities next) {
        capabilities = next;
    }

    public void setBlockers(String... next) {
        blockers = List.of(next);
    }

    public void refuseStart(boolean refuse) {
        refuseStart = refuse;
    }

    public void refuseResume(boolean refuse) {
        refuseResume = refuse;
    }

    public void refuseAdoption(boolean refuse) {
        refuseAdoption = refuse;
    }

    boolean refusesResume() {
        return refuseResume;
    }

    /// The guest of this name, which must be here.
    public FakeGuest guest(String name) {
        FakeGuest guest = guests.get(name);
        if (guest == null) {
            throw new AssertionError("Guest is not on this host: " + name);
        }
        return guest;
    }

    /// A guest that some agent before started.
    public FakeGuest plant(GuestSpec spec, RunState state) {
        FakeGuest guest = new FakeGuest(this, spec, state);
        guests.put(spec.name(), guest);
        return guest;
    }

    /// What a guest without a process left behind.
    public void plantLeftovers(String name) {
        leftovers.put(name, true);
    }

    @Override
    public List<String> blockers(GuestSpec spec) {
        return blockers;
    }

    @Override
    public Guest create(GuestSpec spec) throws HypervisorException {
        return start(spec, RunState.PAUSED);
    }

    @Override
    public Guest prepareIncoming(GuestSpec spec) throws HypervisorException {
        return start(spec, RunState.INCOMING);
    }

    private FakeGuest start(GuestSpec spec, RunState state) throws HypervisorException {
        if (refuseStart) {
            throw new HypervisorException("This hypervisor refuses to start guests");
        }
        FakeGuest guest = new FakeGuest(this, spec, state);
        if (guests.putIfAbsent(spec.name(), guest) != null) {
            throw new HypervisorException("A guest of this name is here already: " + spec.name());
        }
        return guest;
    }

    void forget(FakeGuest guest) {
        guests.remove(guest.spec().name(), guest);
    }

    @Override
    public List<String> present() {
        return java.util.stream.Stream.concat(guests.keySet().stream(), leftovers.keySet().stream())
                .toList();
    }

    @Override
    public Optional<LeftMemory> leftMemory(String name) {
        return Optional.empty();
    }

    @Override
    public Optional<Guest> adopt(String name) throws HypervisorException {
        if (refuseAdoption) {
            throw new HypervisorException("The guest does not answer");
        }
        return Optional.ofNullable(guests.get(name));
    }

    @Override
    public void cleanUp(String name) {
        leftovers.remove(name);
    }
}
