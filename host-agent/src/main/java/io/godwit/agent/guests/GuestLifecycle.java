package io.godwit.agent.guests;

import io.godwit.agent.api.ConsoleView;
import io.godwit.agent.api.CreateAnswer;
import io.godwit.agent.api.CreateRequest;
import io.godwit.agent.api.GuestView;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.agent.guests.RecordKeeper.Fate;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import io.godwit.storage.AddressProbe;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.ImageStoreException;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.OwnershipException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What an operator may do with guests on this host, migration apart. Safe for use by many threads.
public final class GuestLifecycle {
    private final HostContext host;
    private final GuestFileParser parser;
    private final Consoles consoles;
    private final Admission admission;
    private final RecordKeeper records;
    private final AddressCheck addresses;
    private final GuestStarter starter;
    private final GuestEnds ends;

    public GuestLifecycle(
            HostContext host, GuestFileParser parser, Consoles consoles, AddressProbe probe, InstantSource clock) {
        this.host = host;
        this.parser = parser;
        this.consoles = consoles;
        this.admission = new Admission(host.config(), host.hypervisor(), host.images());
        this.records = new RecordKeeper(host);
        this.addresses = new AddressCheck(host, probe);
        this.starter = new GuestStarter(host, records, addresses);
        this.ends = new GuestEnds(host, records, starter, clock);
    }

    public GuestEnds ends() {
        return ends;
    }

    public Admission admission() {
        return admission;
    }

    GuestStarter starter() {
        return starter;
    }

    RecordKeeper records() {
        return records;
    }

    /// On success the guest runs here, or is paused if asked for; on failure nothing of it is left.
    ///
    /// @param dryRun only tell whether it could be
    public CreateAnswer create(CreateRequest request, boolean dryRun) throws AgentException, InterruptedException {
        GuestFileParser.Parsed parsed = parser.parse(
                request.fileName(), request.text(), host.hypervisor().capabilities());
        GuestSpec spec = parsed.spec();
        if (dryRun) {
            List<String> blockers = new ArrayList<>(host.table().blockers(spec));
            blockers.addAll(admission.blockers(spec));
            refuseIfAny(blockers);
            return new CreateAnswer(
                    notStarted(spec),
                    both(parsed.warnings(), addresses.begin(spec).await()));
        }
        GuestSlot slot = host.table().reserve(spec, new SlotState.Reserved("being started"));
        try {
            requireZooKeeper("not started");
            refuseIfAny(admission.blockers(spec));
        } catch (AgentException e) {
            host.table().remove(slot, "it was refused");
            throw e;
        }
        GuestStarter.Started started =
                starter.start(slot, spec, request.paused(), new StartReason.Created(parsed.policy()));
        GuestView view = viewOf(slot);
        ends.watch(slot, started.guest());
        return new CreateAnswer(view, both(parsed.warnings(), started.duplicates()));
    }

    private static List<String> both(List<String> first, List<String> second) {
        List<String> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    /// Paused on success, also if it was before; unchanged on failure.
    public GuestView pause(String name) throws AgentException, InterruptedException {
        return host.table().operate(name, (slot, here) -> {
            requireAlive(slot, here.guest());
            try {
                host.notes().write(name, here.epoch());
                here.guest().pause();
            } catch (HypervisorException | UncheckedIOException e) {
                host.notes().clear(name);
                throw failed("Guest " + name + " could not be paused: " + e.getMessage(), here.guest(), e);
            }
            return viewOf(slot);
        });
    }

    /// Running on success, also if it was before.
    public GuestView resume(String name) throws AgentException, InterruptedException {
        return host.table().operate(name, (slot, here) -> {
            requireAlive(slot, here.guest());
            try {
                // A guest may have come here paused by an agent that ended before it had its images to itself.
                host.images().activate(here.guest().spec(), here.epoch());
                here.guest().resume();
            } catch (HypervisorException | ImageStoreException e) {
                throw failed("Guest " + name + " could not be resumed: " + e.getMessage(), here.guest(), e);
            }
            host.notes().clear(name);
            return viewOf(slot);
        });
    }

    /// Presses the guest's power button; what follows is up to the guest and its file.
    public GuestView shutdown(String name) throws AgentException, InterruptedException {
        return host.table().operate(name, (slot, here) -> {
            requireAlive(slot, here.guest());
            try {
                here.guest().requestShutdown();
            } catch (HypervisorException e) {
                throw failed("Guest " + name + " could not be asked to shut down: " + e.getMessage(), here.guest(), e);
            }
            return viewOf(slot);
        });
    }

    /// Ends the guest at once and forgets its records. Where only records are left of it, those are forgotten.
    ///
    /// @return the guest as it was
    public GuestView destroy(String name) throws AgentException, InterruptedException {
        if (host.table().find(name).isEmpty()) {
            return forgetStopped(name);
        }
        return host.table().operate(name, (slot, here) -> {
            requireZooKeeper("it is " + GuestViews.state(here.guest()));
            GuestView before = viewOf(slot);
            slot.markDestroying();
            try {
                here.guest().destroy(GuestStarter.DESTROY_TIMEOUT);
            } catch (HypervisorException e) {
                throw failed("Guest " + name + " could not be destroyed: " + e.getMessage(), here.guest(), e);
            }
            host.notes().clear(name);
            ends.forget(name);
            records.end(slot, here.epoch(), Fate.FORGET, "it was destroyed");
            return before;
        });
    }

    /// @throws AgentException NOT_FOUND if the guest has no console
    public ConsoleView console(String name) throws AgentException {
        boolean here = host.table().find(name).isPresent();
        Optional<Consoles.Console> console = here ? consoles.console(name) : Optional.empty();
        return console.map(c -> new ConsoleView(
                        host.name(), c.socket().toString(), c.log().toString()))
                .orElseThrow(() -> new AgentException(
                        Code.NOT_FOUND, "Guest has no console on this host: " + name, here ? "unchanged" : "", ""));
    }

    private GuestView forgetStopped(String name) throws AgentException, InterruptedException {
        try {
            GuestEntry entry = host.ownership()
                    .guest(name)
                    .orElseThrow(() -> new AgentException(Code.NOT_FOUND, "There is no such guest: " + name, "", ""));
            GuestView before = GuestViews.recorded(entry);
            boolean stopped = entry.owner().state() instanceof OwnerState.Stopped;
            if (!stopped && entry.owner().host().equals(host.name())) {
                // The record names this host, yet nothing runs here: its end was not recorded.
                GuestSlot slot = host.table().enter(name, 0, 0, new SlotState.Reserved("being forgotten"));
                records.end(slot, entry.owner().epoch(), Fate.FORGET, "only its record was left");
                return before;
            }
            host.ownership().forget(name);
            return before;
        } catch (OwnershipException e) {
            throw AgentException.of(e, "");
        }
    }

    private void requireZooKeeper(String state) throws AgentException {
        if (!host.ownership().connected()) {
            throw new AgentException(
                    Code.UNAVAILABLE,
                    "ZooKeeper does not answer, so nothing was changed",
                    state,
                    "Check that ZooKeeper runs and has a quorum, then try again. Guests run on meanwhile.");
        }
    }

    private static void requireAlive(GuestSlot slot, Guest guest) throws AgentException {
        try {
            RunState state = guest.state();
            if (state != RunState.RUNNING && state != RunState.PAUSED) {
                throw new AgentException(
                        Code.CONFLICT, "Guest " + slot.name() + " has ended: " + state, GuestViews.state(guest), "");
            }
        } catch (HypervisorException e) {
            throw failed("Guest " + slot.name() + " cannot be asked for its state: " + e.getMessage(), guest, e);
        }
    }

    private static void refuseIfAny(List<String> blockers) throws AgentException {
        if (!blockers.isEmpty()) {
            throw new AgentException(Code.REFUSED, String.join("\n", blockers), "not started", "");
        }
    }

    private GuestView viewOf(GuestSlot slot) {
        return GuestViews.local(host.name(), slot)
                .orElseThrow(() -> new IllegalStateException(
                        "Guest " + slot.name() + " " + slot.state().words() + " and has no view"));
    }

    private static GuestView notStarted(GuestSpec spec) {
        return new GuestView(spec.name(), "", "stopped", 0, spec.memoryBytes(), spec.vcpus(), "");
    }

    private static AgentException failed(String message, Guest guest, Exception cause) {
        return new AgentException(Code.FAILED, message, GuestViews.state(guest), "", cause);
    }
}
