package io.godwit.agent.guests;

import io.godwit.agent.guests.RecordKeeper.Fate;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import io.godwit.storage.Debt;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.ImageStoreException;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.Verdict;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What becomes of what an agent finds on its own host: at its start, and whenever it is asked to look again. The
/// record decides, asked by [io.godwit.storage.Ownership#settle] and by nobody else:
///
/// | found here | the record says | done |
/// |---|---|---|
/// | running | this host's | taken charge of |
/// | paused, by its operator | this host's | taken charge of, stays paused |
/// | paused otherwise | this host's | the agent died in a switchover: resumed |
/// | waiting for its memory | this host's | its memory is lost: destroyed, recorded as stopped |
/// | ended | this host's | what its file asks for |
/// | any | not this host's | an outrun copy: destroyed |
/// | nothing | this host's, and owed a start | recorded as stopped and owed: the coordinator finds it a place |
/// | nothing | this host's, of an earlier boot | started again, unless its file says `failover = "leave"` |
/// | nothing | this host's, of this boot | started again if on_crash says so, else recorded as stopped |
///
/// A handover in which this host is the source is taken back by the asking; its target is not its owner. A guest
/// that runs is announced, for whoever took it over or resumed it may have died before that.
///
/// Whoever calls has the slot to itself.
final class Settlement {
    private static final Logger LOG = LoggerFactory.getLogger(Settlement.class);
    private static final Duration RETRY = Duration.ofSeconds(5);
    private static final Duration IMAGES_RETRY = Duration.ofSeconds(1);

    private final HostContext host;
    private final GuestEnds ends;
    private final RecordKeeper records;
    private final Announcements announcements;

    /// How it ended.
    ///
    /// @param words   a sentence
    /// @param settled whether the host now has what the record says, and nothing else
    record Outcome(String words, boolean settled) {}

    Settlement(HostContext host, GuestLifecycle lifecycle, Announcements announcements) {
        this.host = host;
        this.ends = lifecycle.ends();
        this.records = lifecycle.records();
        this.announcements = announcements;
    }

    /// Settles a guest that was found, and that nobody looks after yet.
    ///
    /// @throws HypervisorException if the guest resists; its slot is as it was then, and nobody holds the guest
    Outcome found(GuestSlot slot, Guest guest) throws HypervisorException, InterruptedException {
        try {
            return switch (host.ownership().settle(slot.name())) {
                case Verdict.Mine mine -> keep(slot, guest, mine.epoch());
                case Verdict.NotMine other -> destroyOutrun(slot, guest, other);
            };
        } catch (HypervisorException e) {
            guest.close();
            throw e;
        }
    }

    /// Settles a guest that this agent looks after.
    ///
    /// @throws HypervisorException as [#found]
    Outcome here(GuestSlot slot, SlotState.Here here) throws HypervisorException, InterruptedException {
        return switch (host.ownership().settle(slot.name())) {
            case Verdict.Mine mine -> lookAfter(slot, here, mine.epoch());
            case Verdict.NotMine other -> {
                slot.markDestroying();
                yield destroyOutrun(slot, here.guest(), other);
            }
        };
    }

    private Outcome lookAfter(GuestSlot slot, SlotState.Here here, long epoch)
            throws HypervisorException, InterruptedException {
        RunState state = here.guest().state();
        if (state == RunState.RUNNING && here.epoch() == epoch) {
            return new Outcome("It runs here, as the record says", true);
        }
        if (state == RunState.GONE && here.guest().gone().isDone()) {
            // Its end is known and somebody may be about to react to it; whoever comes second finds nothing to do.
            ends.watch(slot, here.guest());
            return new Outcome("It has ended; what its file asks for is being done", true);
        }
        return keep(slot, here.guest(), epoch);
    }

    /// Settles a guest of which there is no process here. Frees its name, unless ZooKeeper leaves that undecided.
    Outcome absent(GuestSlot slot) throws InterruptedException {
        return switch (host.ownership().settle(slot.name())) {
            case Verdict.Mine mine -> {
                LOG.warn("Guest {} is recorded as this host's but is not here", slot.name());
                yield lost(slot, mine.epoch());
            }
            case Verdict.NotMine _ -> {
                host.table().remove(slot, "its record is not this host's");
                yield new Outcome("Nothing of it is here, and nothing should be", true);
            }
        };
    }

    /// Nobody saw it end, so on_crash = "destroy" removes no record here: the images may be all that is left of it.
    private Outcome lost(GuestSlot slot, long epoch) throws InterruptedException {
        String reason = "it did not outlive its host or its hypervisor";
        GuestEntry entry;
        try {
            entry = host.ownership().guest(slot.name()).orElse(null);
        } catch (OwnershipException e) {
            LOG.warn("The specification of guest {} cannot be read: {}", slot.name(), e.getMessage());
            entry = null;
        }
        SpecJson.Recorded recorded = entry == null
                ? null
                : SpecJson.recorded(slot.name(), entry.specification()).orElse(null);
        if (entry == null || recorded == null) {
            return endRecord(slot, epoch, Fate.KEEP, reason);
        }
        Debt debt = entry.debt();
        if (debt != null && !debt.abandoned()) {
            return endRecord(slot, epoch, new Fate.Owed(debt), "it is owed a start, on this host or another");
        }
        boolean rebooted = !entry.owner().bootId().equals(host.ownership().bootId());
        boolean restarts =
                rebooted ? recorded.policy().restarts() : recorded.spec().onCrash() == GuestSpec.OnEvent.RESTART;
        return restarts ? startAgain(slot, epoch, recorded.spec()) : endRecord(slot, epoch, Fate.KEEP, reason);
    }

    private Outcome startAgain(GuestSlot slot, long epoch, GuestSpec spec) throws InterruptedException {
        long freeBytes = host.config().limits().memoryBytes() - host.table().memoryUsedBytes();
        if (spec.memoryBytes() > freeBytes) {
            Debt owed = Debt.NONE_TRIED.failed("its host " + host.name() + " has no room for it any more");
            return endRecord(slot, epoch, new Fate.Owed(owed), "there is no room for it here any more");
        }
        GuestSlot held = host.table().replace(slot, spec, new SlotState.Reserved("being started again"));
        String failure = ends.restartLost(held, epoch, spec);
        if (!failure.isEmpty()) {
            return new Outcome(failure, true);
        }
        if (held.state() instanceof SlotState.Here here) {
            announcements.announce(here.guest());
        }
        return new Outcome("It was lost, and has been started again", true);
    }

    private Outcome keep(GuestSlot slot, Guest guest, long epoch) throws HypervisorException, InterruptedException {
        RunState state = guest.state();
        Outcome outcome = switch (state) {
            case RUNNING -> {
                host.notes().clear(slot.name());
                announcements.announce(guest);
                yield new Outcome("It runs here, and this agent looks after it", true);
            }
            case PAUSED -> resumeUnlessPausedByOperator(slot, guest, epoch);
            case SHUTDOWN -> {
                LOG.info("Guest {} ended while no agent looked after it", slot.name());
                yield new Outcome("It has ended; what its file asks for is being done", true);
            }
            case INCOMING, GONE -> {
                LOG.error(
                        "Guest {} is recorded as this host's but is {} here: its memory is lost, it has to be started"
                                + " anew",
                        slot.name(),
                        state);
                guest.destroy(GuestStarter.DESTROY_TIMEOUT);
                yield endRecord(slot, epoch, Fate.KEEP, "its memory is lost");
            }
        };
        if (state != RunState.INCOMING && state != RunState.GONE) {
            host.table().transitionTo(slot, new SlotState.Here(guest, epoch), "found " + state + ", epoch " + epoch);
            ends.watch(slot, guest);
        }
        return outcome;
    }

    private Outcome resumeUnlessPausedByOperator(GuestSlot slot, Guest guest, long epoch) throws InterruptedException {
        if (host.notes().paused(slot.name(), epoch)) {
            LOG.info("Guest {} was paused by its operator and stays so", slot.name());
            // An agent that died as the guest arrived may not have come to it, and whoever resumes it will not.
            announcements.addresses(guest);
            return new Outcome("It is here, paused by its operator", true);
        }
        LOG.warn("Guest {} was left paused by an agent that ended in a switchover: resuming it", slot.name());
        try {
            host.images().activate(guest.spec(), epoch);
        } catch (ImageStoreException e) {
            LOG.error("Guest {} stands still until it has its images: {}", slot.name(), e.getMessage());
            resumeLater(slot, guest, epoch);
            return new Outcome("It is this host's, and stands still until it has its images: " + e.getMessage(), false);
        }
        try {
            guest.resume();
            announcements.announce(guest);
            return new Outcome("It was left paused by a switchover that nobody finished, and runs again", true);
        } catch (HypervisorException e) {
            LOG.error("Guest {} could not be resumed: {}", slot.name(), e.getMessage());
            return new Outcome("It is this host's, but could not be resumed: " + AgentException.words(e), false);
        }
    }

    private void resumeLater(GuestSlot slot, Guest guest, long epoch) {
        try {
            host.threads().execute(() -> resumeWithImages(slot, guest, epoch));
        } catch (RejectedExecutionException e) {
            LOG.warn("Guest {} is resumed when the agent starts again", slot.name());
        }
    }

    /// Ends as soon as somebody else has done something with the guest.
    @SuppressWarnings("ReferenceEquality") // this very copy
    private void resumeWithImages(GuestSlot slot, Guest guest, long epoch) {
        try {
            boolean done = false;
            while (!done) {
                Thread.sleep(IMAGES_RETRY);
                slot.operation().lock();
                try {
                    boolean waits = slot.state() instanceof SlotState.Here here
                            && here.guest() == guest
                            && !slot.removed()
                            && !host.notes().paused(slot.name(), epoch)
                            && guest.state() == RunState.PAUSED;
                    done = !waits || resumed(slot, guest, epoch);
                } finally {
                    slot.operation().unlock();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (HypervisorException e) {
            LOG.error("Guest {} cannot be resumed; it is left as it is: {}", slot.name(), e.getMessage());
        }
    }

    private boolean resumed(GuestSlot slot, Guest guest, long epoch) throws HypervisorException, InterruptedException {
        // Time has passed since the record was asked.
        if (!(host.ownership().settle(slot.name()) instanceof Verdict.Mine mine) || mine.epoch() != epoch) {
            LOG.warn("Guest {} is not this host's any more in epoch {}, and stays paused", slot.name(), epoch);
            return true;
        }
        try {
            host.images().activate(guest.spec(), epoch);
            guest.resume();
            announcements.announce(guest);
            LOG.info("Guest {} has its images and runs again", slot.name());
            return true;
        } catch (ImageStoreException e) {
            LOG.warn("Guest {} stands still until it has its images: {}", slot.name(), e.getMessage());
            return e.kind() == ImageStoreException.Kind.REFUSED;
        }
    }

    private Outcome destroyOutrun(GuestSlot slot, Guest guest, Verdict.NotMine other) {
        LOG.warn(
                "Guest {} is here, but its record says otherwise (owner '{}', epoch {}): destroying this copy",
                slot.name(),
                other.host(),
                other.epoch());
        host.notes().clear(slot.name());
        announcements.silence(slot.name());
        ends.forget(slot.name());
        host.images().release(slot.name());
        host.table()
                .transitionTo(slot, new SlotState.Reserved("an outrun copy that is being destroyed"), "it is outrun");
        if (destroyed(slot, guest)) {
            host.table().remove(slot, "it was an outrun copy");
            return new Outcome("The copy was destroyed", true);
        }
        try {
            host.threads().execute(() -> destroyUntilGone(slot, guest));
        } catch (RejectedExecutionException e) {
            LOG.warn("The outrun copy of guest {} is destroyed when the agent starts again", slot.name());
        }
        return new Outcome("The copy resists; its end is tried again every " + RETRY.toSeconds() + " s", false);
    }

    private void destroyUntilGone(GuestSlot slot, Guest guest) {
        try {
            do {
                Thread.sleep(RETRY);
            } while (!destroyed(slot, guest));
            host.table().remove(slot, "it was an outrun copy");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean destroyed(GuestSlot slot, Guest guest) {
        try {
            guest.destroy(GuestStarter.DESTROY_TIMEOUT);
            guest.close();
            return true;
        } catch (HypervisorException e) {
            LOG.error("The outrun copy of guest {} cannot be destroyed: {}", slot.name(), e.getMessage());
            return false;
        }
    }

    private Outcome endRecord(GuestSlot slot, long epoch, Fate fate, String reason) throws InterruptedException {
        host.notes().clear(slot.name());
        try {
            records.end(slot, epoch, fate, reason);
            return new Outcome("It is recorded as stopped: " + reason, true);
        } catch (AgentException e) {
            LOG.warn("Guest {} is not recorded as stopped: {}", slot.name(), e.getMessage());
            return new Outcome("It could not be recorded as stopped: " + e.getMessage(), false);
        }
    }
}
