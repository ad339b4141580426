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
                case Outcome.Known(Conclusion.Held(var content)) -> run(guest, content, _ -> {});
                case Outcome.Known(Conclusion.Denied _), Outcome.Known(Conclusion.Removed _) -> agent.remove(guest);
                case Outcome.Undecided _ -> settleLater(guest);
            }
        });
    }

    /// Takes over what a dead host left behind. The name is reserved.
    ///
    /// @param answer told what came of it: empty if the guest runs
    void takeOver(SimulatedGuest guest, String dead, int deadVersion, long epoch, Consumer<String> answer) {
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
                case Outcome.Known(Conclusion.Held(var content)) -> run(guest, content, answer);
                case Outcome.Known(Conclusion.Denied _), Outcome.Known(Conclusion.Removed _) -> {
                    agent.remove(guest);
                    answer.accept("the record says no");
                }
                case Outcome.Undecided _ -> {
                    settleLater(guest);
                    answer.accept("nobody knows");
                }
            }
        });
    }

    /// Before the process there is the fence: from then on nobody else writes, and what is read is the last word.
    private void run(SimulatedGuest guest, OwnerContent content, Consumer<String> answer) {
        long epoch = content.record().epoch();
        Grant grant = new Grant(epoch, content.cause());
        agent.host().pauseNotes().remove(guest.name());
        if (world.bug() == PlantedBug.FENCE_AFTER_START) {
            agent.images()
                    .prepare(
                            guest,
                            grant,
                            _ -> launch(guest, grant, _ -> agent.images().activate(guest, grant, _ -> {})));
            return;
        }
        agent.images().activate(guest, grant, active -> {
            if (active) {
                launch(guest, grant, answer);
            } else {
                end(guest, epoch);
                answer.accept("the images are granted to a newer owner");
            }
        });
    }

    private void launch(SimulatedGuest guest, Grant grant, Consumer<String> answer) {
        long epoch = grant.epoch();
        Copy copy = new Copy(world, agent.host(), guest, Copy.State.PAUSED, Memory.NONE);
        copy.attach(grant);
        // It has not run, so nothing is lost with it.
        Runnable fail = () -> copy.discard(() -> agent.deliver(() -> {
            agent.images().withdraw(guest, grant);
            end(guest, epoch);
            answer.accept("it could not be started");
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
                            answer.accept("");
                        } else {
                            fail.run();
                        }
                    }));
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
