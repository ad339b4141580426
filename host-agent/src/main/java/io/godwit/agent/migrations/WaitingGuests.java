package io.godwit.agent.migrations;

import io.godwit.agent.guests.Adoption;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.GuestSlot;
import io.godwit.agent.guests.HostContext;
import io.godwit.agent.guests.PageNotes;
import io.godwit.agent.guests.Recovery;
import io.godwit.agent.guests.SlotState;
import io.godwit.migration.MigrationEngine;
import io.godwit.migration.WaitingGuest;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.Hypervisor.LeftMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPages;
import io.godwit.storage.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Guests of this host that miss pages since before this agent started. Whoever of their threads needs one
/// stands still, whether or not there is an agent: the kernel sees to that. So nothing of them runs with wrong
/// memory; but the thread that answers may be the one that waits. Their pages are seen to first, and they are
/// taken charge of when they answer.
public final class WaitingGuests implements Adoption.Keeper, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WaitingGuests.class);
    private static final Duration RETRY = Duration.ofSeconds(5);
    private static final Duration END_TIMEOUT = Duration.ofSeconds(10);

    private final HostContext host;
    private final List<Found> found = new ArrayList<>();

    private record Found(GuestSlot slot, LeftMemory memory, PageNotes.Missing note) {}

    public WaitingGuests(HostContext host) {
        this.host = host;
    }

    /// Keeps a guest for later that is this host's and misses pages. A copy that the record has given to another
    /// host is ended here: it may not answer, and then nobody else could.
    @Override
    public boolean keeps(String name) throws AgentException, HypervisorException, InterruptedException {
        Optional<LeftMemory> left = host.hypervisor().leftMemory(name);
        if (left.isEmpty() || !left.get().missesPages()) {
            left.ifPresent(LeftMemory::close);
            host.pageNotes().forgetMissing(name);
            return false;
        }
        LeftMemory memory = left.get();
        if (!(host.ownership().settle(name) instanceof Verdict.Mine mine)) {
            LOG.warn("Guest {} is here and misses pages, but its record says otherwise: ending this copy", name);
            endAndClose(memory);
            host.pageNotes().forgetMissing(name);
            return false;
        }
        PageNotes.Missing note;
        try {
            note = host.pageNotes()
                    .missing(name)
                    .filter(noted -> noted.epoch() == mine.epoch())
                    .orElseThrow(() -> new IOException("there is no note of it"));
        } catch (IOException e) {
            // Nobody can ever bring them.
            LOG.error(
                    "Guest {} is lost: it misses pages, and which host has them is not known: {}",
                    name,
                    e.getMessage());
            endAndClose(memory);
            host.pageNotes().forgetMissing(name);
            return false;
        }
        GuestSlot slot = host.table()
                .enter(
                        name,
                        0,
                        0,
                        new SlotState.Unmanaged("it waits for pages that only " + note.sourceHost() + " has"));
        found.add(new Found(slot, memory, note));
        return true;
    }

    private static void endAndClose(LeftMemory memory) throws HypervisorException {
        try (memory) {
            memory.end(END_TIMEOUT);
        }
    }

    /// Lets their pages come, and takes charge of them as soon as they answer.
    ///
    /// @param recovery takes charge
    public void await(MigrationEngine engine, Recovery recovery) {
        for (Found guest : found) {
            try {
                host.threads().execute(() -> await(guest, engine, recovery));
            } catch (RejectedExecutionException e) {
                LOG.warn(
                        "Guest {} is seen to when the agent starts again",
                        guest.slot().name());
            }
        }
    }

    private void await(Found guest, MigrationEngine engine, Recovery recovery) {
        String name = guest.slot().name();
        try {
            boolean awaited = false;
            boolean settled = false;
            while (!settled) {
                try {
                    if (!awaited) {
                        LOG.warn(
                                "Guest {} misses pages that only {} has: waiting for that host",
                                name,
                                guest.note().sourceHost());
                        engine.awaitPages(guest.note().migration(), guest.note().sourceHost(), new Waiting(guest));
                        awaited = true;
                    }
                    settled = recovery.settle(name).settled();
                } catch (AgentException | IOException e) {
                    LOG.warn("Guest {} cannot be taken charge of yet: {}", name, e.getMessage());
                }
                if (!settled) {
                    Thread.sleep(RETRY);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Waiting implements WaitingGuest {
        private final Found guest;

        Waiting(Found guest) {
            this.guest = guest;
        }

        @Override
        public String name() {
            return guest.slot().name();
        }

        @Override
        public GuestMemory memory() {
            return guest.memory().memory();
        }

        @Override
        public MissingPages missingPages() throws HypervisorException {
            return guest.memory().missingPages();
        }

        @Override
        public boolean gone() {
            return guest.memory().gone();
        }

        @Override
        public void arrived() {
            host.pageNotes().forgetMissing(name());
        }

        /// Its process goes, as in a crash, and what its file asks for follows.
        @Override
        public void lost(String reason) {
            try {
                guest.memory().end(END_TIMEOUT);
            } catch (HypervisorException e) {
                LOG.error("Guest {} is lost and could not be ended; it stands still", name(), e);
            }
            host.pageNotes().forgetMissing(name());
        }
    }

    /// Lets go of their memory. To be called once nobody places pages any more.
    @Override
    public void close() {
        found.forEach(guest -> guest.memory().close());
    }
}
