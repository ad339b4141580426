package io.godwit.chaos.simulation;

import io.godwit.chaos.simulation.ChangeRun.Outcome;
import io.godwit.chaos.simulation.SlotState.Here;
import io.godwit.chaos.simulation.SlotState.Reserved;
import io.godwit.storage.Verdict;
import io.godwit.storage.fencing.Grant;
import io.godwit.storage.handover.Conclusion;
import io.godwit.storage.handover.OwnerContent;
import io.godwit.storage.handover.OwnerEvent;
import java.util.function.Consumer;

/// What an agent does when a guest starts and when its process has ended: a guest that crashed is started again.
/// The rules are those of the agent's `GuestStarter`, `GuestEnds` and `RecordKeeper`.
final class Ends {
    private static final long RETRY_MICROS = Scheduler.SECOND;

    private final World world;
    private final Agent agent;

    Ends(World world, Agent agent) {
        this.world = world;
        this.agent = agent;
    }

    /// The process has ended by accident. While a migration is under way that one decides first.
    void onGone(Copy copy) {
        SimulatedGuest guest = copy.guest();
        if (agent.slot(guest) instanceof Here(Copy here, long epoch) && here.equals(copy)) {
            agent.transitionTo(guest, new Reserved());
            copy.destroy(() -> agent.deliver(() -> {
                agent.host().pauseNotes().remove(guest.name());
                awaitStopped(guest, epoch);
            }));
        }
    }

    private void awaitStopped(SimulatedGuest guest, long epoch) {
        bounded(guest, new OwnerEvent.Stop(guest.name(), agent.name(), epoch), outcome -> {
            switch (outcome) {
                case Outcome.Known(Conclusion.Held _), Outcome.Known(Conclusion.Removed _) -> claim(guest);
                case Outcome.Known(Conclusion.Denied _) -> agent.remove(guest);
                case Outcome.Undecided _ -> agent.later(RETRY_MICROS, () -> awaitStopped(guest, epoch));
            }
        });
    }

    /// Starts the guest whose name is reserved: first its record, then its process, then its first instruction.
    void claim(SimulatedGuest guest) {
        OwnerEvent event = new OwnerEvent.Claim(
                guest.name(), agent.name(), agent.bootId(), world.dice().uuid());
        bounded(guest, event, outcome -> {
            switch (outcome) {
                case Outcome.Known(Conclusion.Held(var content)) -> run(guest, content);
                case Outcome.Known(Conclusion.Denied _), Outcome.Known(Conclusion.Removed _) -> agent.remove(guest);
                case Outcome.Undecided _ -> settleLater(guest);
            }
        });
    }

    /// Takes over what a dead host left behind. The name is reserved.
    void takeOver(SimulatedGuest guest, String dead, int deadVersion, long epoch) {
        OwnerEvent event = new OwnerEvent.TakeOver(
                guest.name(),
                agent.name(),
                agent.bootId(),
                dead,
                deadVersion,
                epoch,
                world.dice().uuid());
        bounded(guest, event, outcome -> {
            switch (outcome) {
                case Outcome.Known(Conclusion.Held(var content)) -> run(guest, content);
                case Outcome.Known(Conclusion.Denied _), Outcome.Known(Conclusion.Removed _) -> agent.remove(guest);
                case Outcome.Undecided _ -> settleLater(guest);
            }
        });
    }

    /// Before the process there is the fence: from then on nobody else writes, and what is read is the last word.
    private void run(SimulatedGuest guest, OwnerContent content) {
        long epoch = content.record().epoch();
        Grant grant = new Grant(epoch, content.cause());
        agent.host().pauseNotes().remove(guest.name());
        if (world.bug() == PlantedBug.FENCE_AFTER_START) {
            agent.images()
                    .prepare(
                            guest,
                            grant,
                            _ -> launch(guest, grant, () -> agent.images().activate(guest, grant, _ -> {})));
            return;
        }
        agent.images().activate(guest, grant, active -> {
            if (active) {
                launch(guest, grant, () -> {});
            } else {
                end(guest, epoch);
            }
        });
    }

    private void launch(SimulatedGuest guest, Grant grant, Runnable whenRuns) {
        long epoch = grant.epoch();
        Copy copy = new Copy(world, agent.host(), guest, Copy.State.PAUSED, guest.newLife());
        copy.attach(grant);
        Runnable fail = () -> copy.destroy(() -> agent.deliver(() -> {
            agent.images().withdraw(guest, grant);
            end(guest, epoch);
        }));
        agent.admit(copy, true, admitted -> {
            if (!admitted) {
                fail.run();
                return;
            }
            copy.resume(
                    epoch,
                    runs -> agent.deliver(() -> {
                        if (runs) {
                            agent.settled(copy, epoch);
                            whenRuns.run();
                        } else {
                            fail.run();
                        }
                    }));
        });
    }

    /// The guest has ended here for good: its records go too.
    void forget(SimulatedGuest guest, long epoch) {
        bounded(guest, new OwnerEvent.Stop(guest.name(), agent.name(), epoch), stopped -> {
            switch (stopped) {
                case Outcome.Known(Conclusion.Held _), Outcome.Known(Conclusion.Removed _) ->
                    bounded(guest, new OwnerEvent.Forget(guest.name(), agent.name()), _ -> agent.remove(guest));
                case Outcome.Known(Conclusion.Denied _) -> agent.remove(guest);
                case Outcome.Undecided _ -> settleLater(guest);
            }
        });
    }

    /// Nothing of the guest is left here: records that, and frees its name.
    void end(SimulatedGuest guest, long epoch) {
        bounded(guest, new OwnerEvent.Stop(guest.name(), agent.name(), epoch), outcome -> {
            switch (outcome) {
                case Outcome.Known _ -> agent.remove(guest);
                case Outcome.Undecided _ -> settleLater(guest);
            }
        });
    }

    private void settleLater(SimulatedGuest guest) {
        settle(guest, verdict -> {
            switch (verdict) {
                case Verdict.Mine(long epoch) -> end(guest, epoch);
                case Verdict.NotMine _ -> agent.remove(guest);
            }
        });
    }

    /// Finds out whose the guest is, however long that takes.
    void settle(SimulatedGuest guest, Consumer<Verdict> then) {
        OwnerEvent event = new OwnerEvent.Settle(guest.name(), agent.name());
        ChangeRun.endless(world, agent, guest, event, conclusion -> then.accept(conclusion.verdict()));
    }

    private void bounded(SimulatedGuest guest, OwnerEvent event, Consumer<Outcome> then) {
        ChangeRun.bounded(world, agent, guest, event, then);
    }
}
