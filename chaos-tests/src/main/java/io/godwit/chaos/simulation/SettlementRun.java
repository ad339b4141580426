package io.godwit.chaos.simulation;

import io.godwit.storage.Verdict;
import io.godwit.storage.fencing.Grant;
import java.util.Objects;

/// What becomes of what an agent finds on its own host, when it starts and whenever it looks again: the table of the
/// agent's `Settlement`. The record decides, and whoever calls has the guest's slot to itself.
final class SettlementRun {
    private final World world;
    private final Agent agent;

    SettlementRun(World world, Agent agent) {
        this.world = world;
        this.agent = agent;
    }

    /// Settles a process that is here. The slot is reserved meanwhile.
    void found(Copy copy, Runnable then) {
        agent.transitionTo(copy.guest(), new SlotState.Reserved());
        if (world.bug() == PlantedBug.NO_EPOCH_CHECK_ON_ADOPTION) {
            keep(copy, copy.epoch(), then);
            return;
        }
        agent.ends().settle(copy.guest(), verdict -> {
            switch (verdict) {
                case Verdict.Mine(long epoch) -> keep(copy, epoch, then);
                case Verdict.NotMine _ -> destroyOutrun(copy, then);
            }
        });
    }

    private void keep(Copy copy, long epoch, Runnable then) {
        SimulatedGuest guest = copy.guest();
        switch (copy.state()) {
            case RUNNING -> {
                agent.host().pauseNotes().remove(guest.name());
                kept(copy, epoch, then);
            }
            case PAUSED -> activate(copy, epoch, then);
            case INCOMING, GONE ->
                copy.destroy(() -> agent.deliver(() -> {
                    guest.leaveToOperator(true);
                    agent.ends().end(guest, epoch, DebtWish.CLEAR);
                    then.run();
                }));
        }
    }

    /// The agent before may have died between the commit and the fence.
    private void activate(Copy copy, long epoch, Runnable then) {
        Grant grant = copy.grant();
        if (grant == null || grant.epoch() != epoch) {
            resume(copy, epoch, then);
            return;
        }
        agent.images().activate(copy.guest(), grant, active -> {
            if (active) {
                resume(copy, epoch, then);
            } else {
                destroyOutrun(copy, then);
            }
        });
    }

    private void resume(Copy copy, long epoch, Runnable then) {
        if (Objects.equals(agent.host().pauseNotes().get(copy.guest().name()), epoch)) {
            kept(copy, epoch, then);
        } else {
            copy.resume(epoch, _ -> agent.deliver(() -> kept(copy, epoch, then)));
        }
    }

    private void kept(Copy copy, long epoch, Runnable then) {
        agent.settled(copy, epoch);
        then.run();
    }

    private void destroyOutrun(Copy copy, Runnable then) {
        copy.destroy(() -> agent.deliver(() -> {
            agent.host().pauseNotes().remove(copy.guest().name());
            agent.remove(copy.guest());
            then.run();
        }));
    }

    /// Settles a guest of which there is no process here.
    void absent(SimulatedGuest guest, Runnable then) {
        agent.transitionTo(guest, new SlotState.Reserved());
        agent.ends().settle(guest, verdict -> {
            switch (verdict) {
                case Verdict.Mine(long epoch) -> agent.ends().lost(guest, epoch);
                case Verdict.NotMine _ -> agent.remove(guest);
            }
            then.run();
        });
    }
}
