package io.godwit.agent.guests;

import io.godwit.agent.guests.RecordKeeper.Fate;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.HypervisorException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Does what a guest's file asks for when the guest powers off, reboots or crashes.
public final class GuestEnds {
    private static final Logger LOG = LoggerFactory.getLogger(GuestEnds.class);
    private static final Duration WINDOW = Duration.ofMinutes(10);
    private static final int CRASH_RESTARTS_MAX = 3;

    /// Reboots are the guest's own wish, but each costs a process and an epoch.
    private static final int OTHER_RESTARTS_MAX = 30;

    private final HostContext host;
    private final RecordKeeper records;
    private final GuestStarter starter;
    private final RestartLimit crashes;
    private final RestartLimit others;

    GuestEnds(HostContext host, RecordKeeper records, GuestStarter starter, InstantSource clock) {
        this.host = host;
        this.records = records;
        this.starter = starter;
        this.crashes = new RestartLimit(CRASH_RESTARTS_MAX, WINDOW, clock);
        this.others = new RestartLimit(OTHER_RESTARTS_MAX, WINDOW, clock);
    }

    /// Reacts to the guest's end, whenever it comes. A guest that ends while it is migrating is looked at again
    /// when the migration has ended: call this then once more.
    public void watch(GuestSlot slot, Guest guest) {
        var _ = guest.gone().thenAccept(reason -> {
            try {
                host.threads().execute(() -> onGone(slot, guest, reason));
            } catch (RejectedExecutionException e) {
                LOG.debug("Guest {} ended ({}) while the agent stopped", slot.name(), reason);
            }
        });
    }

    // A restart puts another object of an equal guest into the slot: only this very one has ended.
    @SuppressWarnings("ReferenceEquality")
    private void onGone(GuestSlot slot, Guest guest, Guest.EndReason reason) {
        slot.operation().lock();
        try {
            if (!slot.removed() && slot.state() instanceof SlotState.Here here && here.guest() == guest) {
                LOG.info("Guest {} has ended: {}", slot.name(), reason);
                react(slot, here, reason);
            }
        } catch (InterruptedException e) {
            LOG.warn("The agent stopped while it dealt with the end of guest {}", slot.name());
            Thread.currentThread().interrupt();
        } finally {
            slot.operation().unlock();
        }
    }

    private void react(GuestSlot slot, SlotState.Here here, Guest.EndReason reason) throws InterruptedException {
        GuestSpec spec = here.guest().spec();
        // A guest that was destroyed by nobody here has lost its process: that is a crash.
        GuestSpec.OnEvent action = slot.destroying()
                ? GuestSpec.OnEvent.DESTROY
                : switch (reason) {
                    case POWEROFF -> spec.onPoweroff();
                    case REBOOT -> spec.onReboot();
                    case CRASH, DESTROYED -> spec.onCrash();
                };
        if (!removeProcess(slot, here.guest())) {
            return;
        }
        host.notes().clear(slot.name());
        switch (action) {
            case DESTROY -> end(slot, here.epoch(), Fate.FORGET, "it ended: " + reason);
            case PRESERVE -> end(slot, here.epoch(), Fate.KEEP, "it ended and its record is preserved: " + reason);
            case RESTART -> restart(slot, here.epoch(), spec, reason);
        }
    }

    private boolean removeProcess(GuestSlot slot, Guest guest) {
        try {
            guest.destroy(GuestStarter.DESTROY_TIMEOUT);
            return true;
        } catch (HypervisorException e) {
            LOG.error("Guest {} has ended but could not be removed: {}", slot.name(), e.getMessage());
            // Its hypervisor talks to one holder at a time, and the next attempt will be another one.
            guest.close();
            host.table()
                    .transitionTo(
                            slot, new SlotState.Unmanaged(AgentException.words(e)), "its remains could not be removed");
            return false;
        }
    }

    private void restart(GuestSlot slot, long epoch, GuestSpec spec, Guest.EndReason reason)
            throws InterruptedException {
        RestartLimit limit = switch (reason) {
            case CRASH, DESTROYED -> crashes;
            case POWEROFF, REBOOT -> others;
        };
        if (!limit.tryRestart(slot.name())) {
            LOG.error("Guest {} stays stopped: the limit of {} is reached", slot.name(), limit.words());
            end(slot, epoch, Fate.KEEP, "it is at its limit of " + limit.words());
            return;
        }
        host.table().transitionTo(slot, new SlotState.Reserved("restarting"), "it ended: " + reason);
        startAgain(slot, epoch, spec, "it ended: " + reason);
    }

    /// Starts a guest again of which nothing is left but the record that names this host.
    ///
    /// @param slot  reserved, with room for the guest; nobody else touches it
    /// @return what came of it, a sentence; empty if the guest runs
    String restartLost(GuestSlot slot, long epoch, GuestSpec spec) throws InterruptedException {
        if (!crashes.tryRestart(slot.name())) {
            String reason = "it is at its limit of " + crashes.words();
            end(slot, epoch, Fate.KEEP, reason);
            return "It is recorded as stopped: " + reason;
        }
        return startAgain(slot, epoch, spec, "it was lost");
    }

    private String startAgain(GuestSlot slot, long epoch, GuestSpec spec, String why) throws InterruptedException {
        if (!records.awaitStopped(slot.name(), epoch)) {
            host.table().remove(slot, "its record is not this host's any more");
            return "It is not this host's any more";
        }
        try {
            watch(
                    slot,
                    starter.start(slot, spec, false, new StartReason.Again()).guest());
            return "";
        } catch (AgentException e) {
            LOG.error("Guest {} could not be started again ({}): {}", slot.name(), why, e.getMessage());
            return "It could not be started again: " + e.getMessage();
        }
    }

    private void end(GuestSlot slot, long epoch, Fate fate, String reason) throws InterruptedException {
        try {
            records.end(slot, epoch, fate, reason);
        } catch (AgentException e) {
            LOG.warn("Guest {} has ended; its record: {}", slot.name(), e.getMessage());
        }
    }

    /// Starts to count afresh for a guest that was destroyed or has moved on.
    public void forget(String guest) {
        crashes.forget(guest);
        others.forget(guest);
    }
}
