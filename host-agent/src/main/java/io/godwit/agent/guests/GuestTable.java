package io.godwit.agent.guests;

import io.godwit.agent.config.AgentConfig;
import io.godwit.agent.guests.AgentException.Code;
import io.godwit.shim.GuestSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Every guest of this host by name, those that come and those that go included, and the limits they share.
///
/// A name is in the table before anything of the guest exists and until everything of it is gone, so whatever is
/// decided by the table's limits stays true.
public final class GuestTable {
    private static final Logger LOG = LoggerFactory.getLogger(GuestTable.class);

    /// How long an operation waits for the one before it on the same guest.
    private static final long OPERATION_WAIT_MS = 20_000;

    /// How long an operation waits for a guest whose record is this host's already but which is still arriving.
    private static final long ARRIVAL_WAIT_MS = 2_000;

    private final AgentConfig.Limits limits;
    private final Map<String, GuestSlot> slots = new HashMap<>();

    public GuestTable(AgentConfig.Limits limits) {
        this.limits = limits;
    }

    /// What is done with a guest while nobody else touches it.
    public interface Operation<T> {
        T apply(GuestSlot slot, SlotState.Here here) throws AgentException, InterruptedException;
    }

    public synchronized Optional<GuestSlot> find(String name) {
        return Optional.ofNullable(slots.get(name));
    }

    /// In the order of their names.
    public synchronized List<GuestSlot> all() {
        return slots.values().stream()
                .sorted(Comparator.comparing(GuestSlot::name))
                .toList();
    }

    /// Everything in the table that speaks against one more guest.
    public synchronized List<String> blockers(GuestSpec spec) {
        List<String> blockers = new ArrayList<>();
        GuestSlot present = slots.get(spec.name());
        if (present != null) {
            blockers.add("A guest of this name " + present.state().words() + ": " + spec.name());
        }
        if (slots.size() >= limits.guestsMax()) {
            blockers.add("This host's limit of guests is reached: " + limits.guestsMax());
        }
        long used = memoryUsedBytes();
        if (spec.memoryBytes() > limits.memoryBytes() - used) {
            blockers.add("This host has no room for the guest's memory: it needs " + mib(spec.memoryBytes())
                    + " MiB, of "
                    + mib(limits.memoryBytes()) + " MiB are free " + mib(Math.max(0, limits.memoryBytes() - used))
                    + " MiB");
        }
        return blockers;
    }

    /// Takes a name and its room.
    ///
    /// @throws AgentException CONFLICT if the name is taken, REFUSED if there is no room
    public synchronized GuestSlot reserve(GuestSpec spec, SlotState state) throws AgentException {
        GuestSlot present = slots.get(spec.name());
        List<String> blockers = blockers(spec);
        if (!blockers.isEmpty()) {
            throw new AgentException(
                    present == null ? Code.REFUSED : Code.CONFLICT,
                    String.join("\n", blockers),
                    present == null ? "" : "unchanged",
                    "");
        }
        return put(new GuestSlot(spec.name(), spec.memoryBytes(), spec.vcpus(), state));
    }

    /// Takes a name and its room for a guest that another host offers.
    ///
    /// @throws AgentException as [#reserve]; REFUSED also if too many arrive already
    public synchronized GuestSlot reserveArrival(GuestSpec spec, SlotState.Arriving state) throws AgentException {
        refuseIfTooMany(SlotState.Arriving.class, "receives");
        return reserve(spec, state);
    }

    /// Marks a guest that is here as leaving.
    ///
    /// @throws AgentException REFUSED if too many leave already
    public synchronized void beginLeaving(GuestSlot slot, SlotState.Leaving state) throws AgentException {
        refuseIfTooMany(SlotState.Leaving.class, "sends");
        transitionTo(slot, state, "migration " + state.migration() + " begins");
    }

    /// Everything that keeps one more migration from beginning.
    public synchronized List<String> migrationBlockers(Class<? extends SlotState> kind, String verb) {
        return count(kind) < limits.migrationsMax()
                ? List.of()
                : List.of("This host " + verb + " as many guests at once as it may: " + limits.migrationsMax());
    }

    private void refuseIfTooMany(Class<? extends SlotState> kind, String verb) throws AgentException {
        List<String> blockers = migrationBlockers(kind, verb);
        if (!blockers.isEmpty()) {
            throw new AgentException(Code.REFUSED, blockers.getFirst(), "unchanged", "Try again later.");
        }
    }

    /// Takes a name whose guest exists already, or of which only a record does: no limit applies.
    ///
    /// @throws AgentException CONFLICT if the name is taken
    public synchronized GuestSlot enter(String name, long memoryBytes, int vcpus, SlotState state)
            throws AgentException {
        GuestSlot present = slots.get(name);
        if (present != null) {
            throw new AgentException(Code.CONFLICT, "Guest " + present.state().words() + ": " + name, "unchanged", "");
        }
        return put(new GuestSlot(name, memoryBytes, vcpus, state));
    }

    /// Gives the slot its next state; the one place where states change after a slot was made.
    public synchronized void transitionTo(GuestSlot slot, SlotState next, String reason) {
        if (slot.removed()) {
            throw new IllegalStateException("Guest " + slot.name() + " left the table and cannot become: " + next);
        }
        LOG.info("Guest {} {} ({})", slot.name(), next.words(), reason);
        slot.become(next);
    }

    /// Frees the name. Idempotent.
    public synchronized void remove(GuestSlot slot, String reason) {
        if (!slot.removed()) {
            LOG.info("Guest {} is no longer in this host's table ({})", slot.name(), reason);
            slots.remove(slot.name());
            slot.markRemoved();
        }
    }

    public synchronized long memoryUsedBytes() {
        return slots.values().stream().mapToLong(GuestSlot::memoryBytes).sum();
    }

    /// How many names are in the given kind of state.
    public synchronized int count(Class<? extends SlotState> kind) {
        return Math.toIntExact(slots.values().stream()
                .filter(slot -> kind.isInstance(slot.state()))
                .count());
    }

    /// Runs an operation on a guest that is here, after those before it.
    ///
    /// @throws AgentException NOT_FOUND if it is not here; CONFLICT if it is coming or going, or another operation
    ///                        does not end
    public <T> T operate(String name, Operation<T> operation) throws AgentException, InterruptedException {
        GuestSlot slot = find(name).orElseThrow(() -> notHere(name));
        awaitArrival(slot);
        // Said at once rather than after a wait: whoever ends a guest or moves it keeps the slot for long.
        if (!slot.removed() && !(slot.state() instanceof SlotState.Here)) {
            throw conflict(slot);
        }
        return alone(slot, () -> {
            if (!(slot.state() instanceof SlotState.Here here)) {
                throw conflict(slot);
            }
            return operation.apply(slot, here);
        });
    }

    /// What is done with a slot while nobody else touches it.
    public interface Attempt<T> {
        T run() throws AgentException, InterruptedException;
    }

    /// Runs something on a slot, whatever its state, after the operations before it.
    ///
    /// @throws AgentException NOT_FOUND if the slot is gone by then; CONFLICT if another operation does not end
    public <T> T alone(GuestSlot slot, Attempt<T> attempt) throws AgentException, InterruptedException {
        if (!slot.operation().tryLock(OPERATION_WAIT_MS, TimeUnit.MILLISECONDS)) {
            throw new AgentException(
                    Code.CONFLICT,
                    "Guest " + slot.name() + " is busy: another operation on it has not ended within "
                            + OPERATION_WAIT_MS
                            + " ms",
                    "unchanged",
                    "Try again later.");
        }
        try {
            if (slot.removed()) {
                throw notHere(slot.name());
            }
            return attempt.run();
        } finally {
            slot.operation().unlock();
        }
    }

    /// Puts another slot in the place of one of which nothing but the name was known; the name is never free in
    /// between.
    public synchronized GuestSlot replace(GuestSlot old, GuestSpec spec, SlotState state) {
        if (old.removed()) {
            throw new IllegalStateException("Guest " + old.name() + " left the table and cannot be replaced");
        }
        old.markRemoved();
        return put(new GuestSlot(old.name(), spec.memoryBytes(), spec.vcpus(), state));
    }

    /// Runs what ends a migration while nobody else touches the guest.
    public void exclusively(GuestSlot slot, Runnable end) {
        slot.operation().lock();
        try {
            end.run();
        } finally {
            slot.operation().unlock();
        }
    }

    private static AgentException notHere(String name) {
        return new AgentException(Code.NOT_FOUND, "There is no such guest on this host: " + name, "", "");
    }

    private static AgentException conflict(GuestSlot slot) {
        String hint = slot.state() instanceof SlotState.Leaving
                ? "Wait for the migration to end, or cancel it: godwit cancel " + slot.name()
                : "Try again later.";
        return new AgentException(
                Code.CONFLICT,
                "Guest " + slot.name() + " " + slot.state().words() + "; this cannot be done meanwhile",
                "unchanged",
                hint);
    }

    private static void awaitArrival(GuestSlot slot) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ARRIVAL_WAIT_MS);
        while (slot.state() instanceof SlotState.Arriving && !slot.removed() && System.nanoTime() < deadline) {
            Thread.sleep(10);
        }
    }

    private GuestSlot put(GuestSlot slot) {
        slots.put(slot.name(), slot);
        LOG.info("Guest {} {}", slot.name(), slot.state().words());
        return slot;
    }

    private static long mib(long bytes) {
        return bytes >> 20;
    }
}
