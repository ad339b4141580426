package io.godwit.chaos.simulation;

import io.godwit.storage.OwnerRecord.OwnerState.Stopped;
import io.godwit.storage.handover.OwnerContent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/// What an agent that starts does with what it finds, guest by guest.
final class AdoptionRun {
    private final World world;
    private final Agent agent;
    private final SettlementRun settlement;
    private final Deque<Copy> found;
    private final Deque<SimulatedGuest> recorded;
    private Runnable done = () -> {};

    AdoptionRun(World world, Agent agent) {
        this.world = world;
        this.agent = agent;
        this.settlement = new SettlementRun(world, agent);
        this.found = new ArrayDeque<>(List.copyOf(agent.host().copies().values()));
        this.recorded = new ArrayDeque<>(world.guests());
    }

    void begin(Runnable whenDone) {
        done = whenDone;
        agent.later(world.dice().between(1, 50) * Scheduler.MS, this::next);
    }

    private void next() {
        Copy copy = found.poll();
        if (copy != null) {
            if (copy.state() == Copy.State.GONE) {
                copy.destroy(() -> agent.deliver(this::next));
            } else {
                agent.noteFound(copy);
                settlement.found(copy, this::next);
            }
            return;
        }
        SimulatedGuest guest = recorded.poll();
        if (guest != null) {
            stopIfMissing(guest);
            return;
        }
        done.run();
    }

    /// The list of guests is only read: it says where to look, and the record is settled before anything follows.
    private void stopIfMissing(SimulatedGuest guest) {
        long micros = world.clock().nowMicros() - world.trouble().staleness();
        OwnerContent content = world.keeper().ownerAt(guest, micros);
        boolean here = content != null
                && content.record().host().equals(agent.name())
                && !(content.record().state() instanceof Stopped);
        if (!here || agent.slot(guest) != null) {
            next();
        } else {
            settlement.absent(guest, this::next);
        }
    }
}
