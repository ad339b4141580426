package io.godwit.agent.migrations;

import io.godwit.agent.guests.Adoption;
import io.godwit.agent.guests.AgentException;
import io.godwit.agent.guests.GuestSlot;
import io.godwit.agent.guests.HostContext;
import io.godwit.agent.guests.PageNotes;
import io.godwit.agent.guests.Recovery;
import io.godwit.agent.guests.SlotState;
import io.godwit.migration.MigrationEngine;
import io.godwit.migration.PagesOwed;
import io.godwit.migration.SwitchoverGate;
import io.godwit.shim.Hypervisor.LeftMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.storage.AddressTakeover;
import io.godwit.storage.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Guests that run at other hosts and whose pages are partly still here, of which the agent before this one
/// has left a note: what is here of them is kept, and served, until nothing is owed.
///
/// Only the memory matters. The process that it belonged to is paused, and may be ended by the guard.
public final class OwedPages implements Adoption.Keeper {
    private static final Logger LOG = LoggerFactory.getLogger(OwedPages.class);
    private static final Duration RETRY = Duration.ofSeconds(5);

    private final HostContext host;
    private final AddressTakeover takeover;
    private final List<Kept> kept = new ArrayList<>();

    /// A copy that is kept.
    private record Kept(GuestSlot slot, PageNotes.Owed note) {}

    public OwedPages(HostContext host, AddressTakeover takeover) {
        this.host = host;
        this.takeover = takeover;
    }

    /// Keeps a copy if the guest that needs it is still where it went, in the epoch in which it got there. A
    /// note says only that this *may* be so: the record decides.
    @Override
    public boolean keeps(String name) throws AgentException, InterruptedException {
        Optional<PageNotes.Owed> found;
        try {
            found = host.pageNotes().owed(name);
        } catch (IOException e) {
            throw new AgentException(
                    AgentException.Code.FAILED,
                    "Whether another host needs pages of what is here is not known: " + e.getMessage(),
                    "unchanged",
                    "",
                    e);
        }
        if (found.isEmpty()) {
            return false;
        }
        PageNotes.Owed note = found.get();
        if (!stillOwed(note, name)) {
            host.pageNotes().forgetOwed(name);
            return false;
        }
        GuestSlot slot = host.table()
                .enter(
                        name,
                        0,
                        0,
                        new SlotState.Reserved(
                                "kept for pages that " + note.debt().targetHost() + " needs"));
        kept.add(new Kept(slot, note));
        return true;
    }

    /// Goes on serving, each in a thread of its own.
    ///
    /// @param recovery settles what is left when nothing is owed any more
    public void serve(MigrationEngine engine, Recovery recovery) {
        for (Kept copy : kept) {
            try {
                host.threads().execute(() -> serve(copy, engine, recovery));
            } catch (RejectedExecutionException e) {
                LOG.warn(
                        "Pages of guest {} are served when the agent starts again",
                        copy.slot().name());
            }
        }
    }

    private void serve(Kept copy, MigrationEngine engine, Recovery recovery) {
        String name = copy.slot().name();
        try {
            Optional<LeftMemory> left = memory(name);
            if (left.isEmpty()) {
                confess(copy.note(), name, engine);
            } else if (!paid(copy, left.get(), engine)) {
                return;
            }
            host.pageNotes().forgetOwed(name);
            host.table().transitionTo(copy.slot(), new SlotState.Unmanaged("not needed any more"), "nothing is owed");
            LOG.info("Guest {}: {}", name, recovery.settle(name).done());
        } catch (AgentException e) {
            LOG.error("What is left of guest {} is not removed: {}", name, e.getMessage());
        } catch (InterruptedException e) {
            LOG.info("Pages of guest {} are served when the agent starts again", name);
            Thread.currentThread().interrupt();
        }
    }

    /// Empty only if it is known to be gone: whoever cannot look now looks again.
    private Optional<LeftMemory> memory(String name) throws InterruptedException {
        while (true) {
            try {
                return host.hypervisor().leftMemory(name);
            } catch (HypervisorException e) {
                LOG.error("The memory that is left of guest {} cannot be read yet: {}", name, e.getMessage());
                Thread.sleep(RETRY);
            }
        }
    }

    private boolean paid(Kept copy, LeftMemory left, MigrationEngine engine) throws InterruptedException {
        String name = copy.slot().name();
        PagesOwed.Debt debt = copy.note().debt();
        long epoch = copy.note().epoch();
        LOG.warn("Guest {} runs on {} and misses pages that are here: serving them", name, debt.targetHost());
        try (left) {
            SwitchoverGate gate =
                    new SourceGate(host.ownership(), takeover, name, epoch - 1, debt.targetHost(), debt.migration());
            PagesOwed.Outcome outcome =
                    engine.servePages(debt, epoch, left.memory(), gate).get();
            return switch (outcome) {
                case PAID, NOT_OWED -> true;
                case STILL_OWED -> false;
            };
        } catch (ExecutionException e) {
            throw new IllegalStateException("A debt's outcome never completes exceptionally", e);
        }
    }

    /// The guest is lost, and stands still at its target until it is told so, or destroyed by its operator.
    private void confess(PageNotes.Owed note, String name, MigrationEngine engine) throws InterruptedException {
        PagesOwed.Debt debt = note.debt();
        String reason = "The memory that " + host.name() + " had of the guest is gone";
        LOG.error("Guest {} on {} is lost: {}", name, debt.targetHost(), reason);
        boolean told = false;
        while (!told && stillOwed(note, name)) {
            try {
                engine.tellPagesLost(debt, reason);
                told = true;
            } catch (IOException e) {
                LOG.warn("{} does not know yet that guest {} is lost: {}", debt.targetHost(), name, e.getMessage());
                Thread.sleep(RETRY);
            }
        }
    }

    /// In a later epoch the target has another life of the guest, which knows nothing of these pages.
    private boolean stillOwed(PageNotes.Owed note, String name) throws InterruptedException {
        return host.ownership().settle(name) instanceof Verdict.NotMine other
                && other.host().equals(note.debt().targetHost())
                && other.epoch() == note.epoch();
    }
}
