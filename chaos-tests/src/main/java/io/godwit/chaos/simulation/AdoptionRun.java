package io.godwit.chaos.simulation;

import io.godwit.chaos.simulation.SlotState.Reserved;
import io.godwit.storage.OwnerRecord.OwnerState.Stopped;
import io.godwit.storage.Verdict;
import io.godwit.storage.handover.OwnerContent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;

/// What an agent that starts does with what it finds, guest by guest: the table of the agent's `Adoption`.
final class AdoptionRun {
    private final World world;
    private final Agent agent;
    private final Deque<Copy> found;
    private final Deque<SimulatedGuest> recorded;
    private Runnable done = () -> {};

    AdoptionRun(World world, Agent agent) {
        this.world = world;
        this.agent = agent;
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
            adopt(copy);
            return;
        }
        SimulatedGuest guest = recorded.poll();
        if (guest != null) {
            stopIfMissing(guest);
            return;
        }
        done.run();
    }

    private void adopt(Copy copy) {
        if (copy.state() == Copy.State.GONE) {
            copy.destroy(() -> agent.deliver(this::next));
            return;
        }
        agent.transitionTo(copy.guest(), new Reserved());
        if (world.bug() == PlantedBug.NO_EPOCH_CHECK_ON_ADOPTION) {
            keep(copy, copy.epoch());
            return;
        }
        agent.ends().settle(copy.guest(), verdict -> {
            switch (verdict) {
                case Verdict.Mine(long epoch) -> keep(copy, epoch);
                case Verdict.NotMine _ -> destroyOutrun(copy);
            }
        });
    }

    private void keep(Copy copy, long epoch) {
        SimulatedGuest guest = copy.guest();
        switch (copy.state()) {
            case RUNNING -> {
                agent.host().pauseNotes().remove(guest.name());
                kept(copy, epoch);
            }
            case PAUSED -> {
                if (Objects.equals(agent.host().pauseNotes().get(guest.name()), epoch)) {
                    kept(copy, epoch);
                } else {
                    copy.resume(epoch, _ -> agent.deliver(() -> kept(copy, epoch)));
                }
            }
            case INCOMING, GONE ->
                copy.destroy(() -> agent.deliver(() -> {
                    agent.ends().end(guest, epoch);
                    next();
                }));
        }
    }

    private void kept(Copy copy, long epoch) {
        agent.settled(copy, epoch);
        next();
    }

    private void destroyOutrun(Copy copy) {
        copy.destroy(() -> agent.deliver(() -> {
            agent.host().pauseNotes().remove(copy.guest().name());
            agent.remove(copy.guest());
            next();
        }));
    }

    /// The list of guests is only read: it says where to look, and the record is settled before anything follows.
    private void stopIfMissing(SimulatedGuest guest) {
        OwnerContent content = world.keeper().glimpse(guest);
        boolean here = content != null
                && content.record().host().equals(agent.name())
                && !(content.record().state() instanceof Stopped);
        if (!here || agent.slot(guest) != null) {
            next();
            return;
        }
        agent.transitionTo(guest, new Reserved());
        agent.ends().settle(guest, verdict -> {
            switch (verdict) {
                case Verdict.Mine(long epoch) -> agent.ends().end(guest, epoch);
                case Verdict.NotMine _ -> agent.remove(guest);
            }
            next();
        });
    }
}
