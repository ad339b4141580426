package io.godwit.agent.migrations;

import io.godwit.agent.guests.Admission;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.Announcements;
import io.godwit.agent.guests.GuestEnds;
import io.godwit.agent.guests.GuestSlot;
import io.godwit.agent.guests.HostContext;
import io.godwit.agent.guests.PageNotes;
import io.godwit.agent.guests.SlotState;
import io.godwit.agent.guests.SpecJson;
import io.godwit.migration.IncomingGuests;
import io.godwit.migration.SwitchoverGate;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.NbdDisk;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Guests that come to this host.
public final class Arrivals implements IncomingGuests {
    private static final Logger LOG = LoggerFactory.getLogger(Arrivals.class);

    private final HostContext host;
    private final GuestEnds ends;
    private final Announcements announcements;
    private final ArrivalBlockers blockers;
    private final Consumer<String> arriving;

    /// @param arriving told the name of each guest that begins to arrive
    public Arrivals(
            HostContext host,
            Admission admission,
            GuestEnds ends,
            Announcements announcements,
            Consumer<String> arriving) {
        this.host = host;
        this.ends = ends;
        this.announcements = announcements;
        this.blockers = new ArrivalBlockers(host, admission);
        this.arriving = arriving;
    }

    @Override
    public List<String> blockers(Offer offer) {
        return blockers.of(offer);
    }

    @Override
    public Duration latePagesTimeout() {
        return Duration.ofMillis(host.config().migration().latePagesTimeoutMs());
    }

    @Override
    public Incoming prepare(Offer offer) throws IOException, InterruptedException {
        List<String> present = blockers.of(offer);
        if (!present.isEmpty()) {
            throw new IOException(String.join("\n", present));
        }
        GuestSlot slot = reserve(offer);
        try {
            Map<String, NbdDisk> served = host.images().arrive(offer.spec(), epochToCome(offer), offer.migration());
            Guest guest = host.hypervisor().prepareIncoming(offer.spec(), served);
            arriving.accept(offer.spec().name());
            return new Arrival(slot, guest, offer);
        } catch (IOException | InterruptedException | RuntimeException e) {
            host.images().release(offer.spec().name());
            host.table().remove(slot, "it could not be prepared");
            throw e;
        }
    }

    /// The commit raises the epoch by one. Should the record change until then, the commit will be refused.
    private long epochToCome(Offer offer) throws IOException {
        return host.ownership()
                .guest(offer.spec().name())
                .map(entry -> entry.owner().epoch() + 1)
                .orElseThrow(() -> new IOException(
                        "There is no record of the guest: " + offer.spec().name()));
    }

    private GuestSlot reserve(Offer offer) throws IOException {
        try {
            return host.table()
                    .reserveArrival(offer.spec(), new SlotState.Arriving(offer.sourceHost(), offer.migration()));
        } catch (AgentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private final class Arrival implements Incoming {
        private final GuestSlot slot;
        private final Guest guest;
        private final GuestSpec spec;
        private final SwitchoverGate gate;

        Arrival(GuestSlot slot, Guest guest, Offer offer) {
            this.slot = slot;
            this.guest = guest;
            this.spec = offer.spec();
            this.gate = new TargetGate(
                    host.ownership(),
                    spec.name(),
                    offer.migration(),
                    SpecJson.claims(spec),
                    epoch -> host.images().activate(spec, epoch));
        }

        @Override
        public Guest guest() {
            return guest;
        }

        @Override
        public SwitchoverGate gate() {
            return gate;
        }

        /// An agent that dies between the commit and the next line leaves a guest that is paused and its own:
        /// only a note written before tells the next agent whether that is as it should be.
        @Override
        public void complete(boolean paused) {
            host.notes().clear(spec.name());
            if (!paused) {
                return;
            }
            try {
                Optional<GuestEntry> entry = host.ownership().guest(spec.name());
                entry.ifPresent(record -> remember(record.owner().epoch() + 1));
            } catch (OwnershipException e) {
                LOG.warn("It is not noted yet that guest {} is paused: {}", spec.name(), e.getMessage());
            }
        }

        /// Before the commit, for the same reason: the next agent must know whom to expect the pages from.
        @Override
        public void leavesPages(UUID migration, String sourceHost) throws IOException {
            long epoch = host.ownership()
                    .guest(spec.name())
                    .map(entry -> entry.owner().epoch() + 1)
                    .orElseThrow(() -> new IOException("There is no record of the guest: " + spec.name()));
            host.pageNotes().missing(spec.name(), new PageNotes.Missing(migration, sourceHost, epoch));
        }

        @Override
        public void pagesArrived() {
            host.pageNotes().forgetMissing(spec.name());
        }

        /// Its process is gone, which is a crash: what its file asks for follows.
        @Override
        public void pagesLost(String reason) {
            host.pageNotes().forgetMissing(spec.name());
        }

        @Override
        public void committed() {
            announcements.addresses(guest);
        }

        @Override
        public void taken(long epoch, boolean paused, String resumeFailure) {
            host.table().transitionTo(slot, new SlotState.Here(guest, epoch), "taken over, epoch " + epoch);
            try {
                host.threads().execute(() -> settleIn(epoch, paused, resumeFailure));
            } catch (RejectedExecutionException e) {
                LOG.warn("Guest {} arrived while the agent stopped: it is not announced", spec.name());
            }
        }

        private void settleIn(long epoch, boolean paused, String resumeFailure) {
            if (paused) {
                remember(epoch);
            }
            announcements.cards(guest);
            if (!resumeFailure.isEmpty()) {
                LOG.error("Guest {} is this host's but could not be resumed: {}", spec.name(), resumeFailure);
                resumeAgain(epoch);
            }
            ends.watch(slot, guest);
        }

        private void remember(long epoch) {
            try {
                host.notes().write(spec.name(), epoch);
            } catch (UncheckedIOException e) {
                LOG.warn("Guest {} is paused, but a restart of the agent will resume it", spec.name(), e);
            }
        }

        /// The first attempt was made on the word of the commit. Time has passed since, in which the guest
        /// may have been sent on or lost: so the record is asked again, while nobody else handles the guest.
        private void resumeAgain(long epoch) {
            try {
                boolean resumed = host.table().alone(slot, () -> isStillOurs(epoch) && resumed());
                if (resumed) {
                    LOG.info("Guest {} was resumed at the second attempt", spec.name());
                }
            } catch (AgentException e) {
                LOG.warn("Guest {} was not resumed again: {}", spec.name(), e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @SuppressWarnings("ReferenceEquality") // this very copy
        private boolean isStillOurs(long epoch) throws InterruptedException {
            return slot.state() instanceof SlotState.Here here
                    && here.guest() == guest
                    && host.ownership().settle(spec.name()) instanceof Verdict.Mine mine
                    && mine.epoch() == epoch;
        }

        private boolean resumed() {
            try {
                guest.resume();
                return true;
            } catch (HypervisorException e) {
                LOG.error("Guest {} cannot be resumed; it is left as it is: {}", spec.name(), e.getMessage());
                return false;
            }
        }

        @Override
        public void discarded(String reason) {
            host.notes().clear(spec.name());
            host.pageNotes().forgetMissing(spec.name());
            guest.close();
            host.images().release(spec.name());
            host.table().remove(slot, "it stays elsewhere: " + reason);
        }
    }
}
