package io.godwit.agent.guests;

import io.godwit.agent.api.GuestView;
import io.godwit.agent.api.TakeoverRequest;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestSpec;
import io.godwit.storage.Debt;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.OwnershipException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts guests here that the cluster owes a start, because their host died or could not start them. It is asked
/// by the coordinator, and believes it nothing but that the former owner has stopped: whether the guest may be
/// taken is decided by the records. Safe for use by many threads.
public final class Rescue {
    private static final Logger LOG = LoggerFactory.getLogger(Rescue.class);

    private final HostContext host;
    private final GuestLifecycle lifecycle;
    private final Announcements announcements;

    public Rescue(HostContext host, GuestLifecycle lifecycle, Announcements announcements) {
        this.host = host;
        this.lifecycle = lifecycle;
        this.announcements = announcements;
    }

    /// On success the guest runs here, started afresh, and the network has been told. On failure nothing of it is
    /// here, and its record is as it was, or says that it is stopped and still owed a start.
    ///
    /// @throws AgentException CONFLICT if the name is taken here or the record has changed; REFUSED if this host
    ///                        may not run the guest or has no room; UNAVAILABLE without ZooKeeper; FAILED if it was
    ///                        tried
    public GuestView rescue(String name, TakeoverRequest request) throws AgentException, InterruptedException {
        GuestSpec spec = recorded(name);
        String dead = request.dead();
        String purpose = dead.isEmpty() ? "being restarted" : "being restarted after the loss of host " + dead;
        GuestSlot slot = host.table().reserve(spec, new SlotState.Reserved(purpose));
        try {
            List<String> blockers = lifecycle.admission().blockers(spec);
            if (!blockers.isEmpty()) {
                throw new AgentException(Code.REFUSED, String.join("; ", blockers), "unchanged", "");
            }
        } catch (AgentException | RuntimeException e) {
            host.table().remove(slot, "it was refused");
            throw e;
        }
        Debt debt = new Debt(request.attempts(), request.lastError(), "");
        StartReason reason = dead.isEmpty()
                ? new StartReason.Owed(debt)
                : new StartReason.TakenOver(dead, request.deadVersion(), request.epoch(), debt);
        long begunNs = System.nanoTime();
        Guest guest = lifecycle.starter().start(slot, spec, false, reason).guest();
        announcements.announce(guest);
        lifecycle.ends().watch(slot, guest);
        LOG.info(
                "Guest {} runs here after {} ms{}",
                name,
                (System.nanoTime() - begunNs) / 1_000_000,
                dead.isEmpty() ? "" : ", taken over from host " + dead + ", which is dead");
        paid(slot);
        return GuestViews.local(host.name(), slot)
                .orElseThrow(() -> new AgentException(
                        Code.FAILED, "Guest " + name + " has ended as soon as it was started", "ended", ""));
    }

    private GuestSpec recorded(String name) throws AgentException {
        try {
            GuestEntry entry = host.ownership()
                    .guest(name)
                    .orElseThrow(() -> new AgentException(Code.NOT_FOUND, "There is no such guest: " + name, "", ""));
            return SpecJson.read(name, entry.specification())
                    .orElseThrow(() -> new AgentException(
                            Code.REFUSED,
                            "The specification of guest " + name + " was written by another version of Godwit",
                            "unchanged",
                            "Start it on a host whose agent understands it."));
        } catch (OwnershipException e) {
            throw AgentException.of(e, "unchanged");
        }
    }

    /// What is not recorded now is when records and guests are compared next.
    private void paid(GuestSlot slot) throws InterruptedException {
        try {
            if (slot.state() instanceof SlotState.Here here) {
                host.ownership().paid(slot.name(), here.epoch());
            }
        } catch (OwnershipException e) {
            LOG.warn(
                    "Guest {} runs, but its record still says that it is owed a start: {}",
                    slot.name(),
                    e.getMessage());
        }
    }
}
