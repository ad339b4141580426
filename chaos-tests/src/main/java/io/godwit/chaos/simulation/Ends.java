package io.godwit.chaos.simulation;

import io.godwit.chaos.simulation.ChangeRun.Outcome;
import io.godwit.chaos.simulation.SlotState.Here;
import io.godwit.chaos.simulation.SlotState.Reserved;
import io.godwit.storage.Debt;
import io.godwit.storage.OwnerRecord.OwnerState;
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

    /// Should this agent end before it has started the guest again, the cluster does.
    private void awaitStopped(SimulatedGuest guest, long epoch) {
        DebtWish wish = world.bug() == PlantedBug.NO_DEBT ? DebtWish.CLEAR : new DebtWish.Note(Debt.NONE_TRIED);
        stop(guest, epoch, wish, outcome -> {
            switch (outcome) {
                case Outcome.Known(Conclusion.Held _), Outcome.Known(Conclusion.Removed _) ->
                    claim(guest, DebtWish.CLEAR, new StartReason.Again(), _ -> {});
                case Outcome.Known(Conclusion.Denied _) -> agent.remove(guest);
                case Outcome.Undecided _ -> agent.later(RETRY_MICROS, () -> awaitStopped(guest, epoch));
            }
        });
    }

    /// Its operator wants it to be started. The name is reserved.
    void create(SimulatedGuest guest) {
        claim(guest, DebtWish.CLEAR, new StartReason.Created(), _ -> {});
    }

    /// Starts what is stopped and owed a start. The name is reserved.
    ///
    /// @param answer told what came of it: empty if the guest runs
    void startOwed(SimulatedGuest guest, Debt debt, Consumer<String> answer) {
        claim(guest, new DebtWish.Continue(debt), new StartReason.Owed(debt), answer);
    }

    /// Starts the guest: first its record, then its process, then its first instruction.
    private void claim(SimulatedGuest guest, DebtWish wish, StartReason reason, Consumer<String> answer) {
        OwnerEvent event = new OwnerEvent.Claim(
                guest.name(), agent.name(), agent.bootId(), world.dice().uuid());
        begun(guest, event, wish, reason, answer);
    }

    /// Takes over what a dead host left behind. The name is reserved.
    ///
    /// @param debt   what is noted with it
    /// @param answer told what came of it: empty if the guest runs
    void takeOver(SimulatedGuest guest, String dead, int deadVersion, long epoch, Debt debt, Consumer<String> answer) {
        OwnerEvent event = new OwnerEvent.TakeOver(
                guest.name(),
                agent.name(),
                agent.bootId(),
                dead,
                deadVersion,
                epoch,
                world.dice().uuid());
        begun(guest, event, new DebtWish.Note(debt), new StartReason.Owed(debt), answer);
    }

    private void begun(
            SimulatedGuest guest, OwnerEvent event, DebtWish wish, StartReason reason, Consumer<String> answer) {
        ChangeRun.bounded(world, agent, guest, event, wish, outcome -> {
            switch (outcome) {
                case Outcome.Known(Conclusion.Held(var content)) -> {
                    if (event instanceof OwnerEvent.TakeOver) {
                        world.ambush().at(Moment.TAKEN_OVER, agent.host());
                    }
                    run(guest, content, reason, answer);
                }
                case Outcome.Known(Conclusion.Denied _), Outcome.Known(Conclusion.Removed _) -> {
                    agent.remove(guest);
                    answer.accept("the record says no");
                }
                case Outcome.Undecided _ -> {
                    settleLater(guest, reason.onFailure("nobody knows"));
                    answer.accept("nobody knows");
                }
            }
        });
    }

    /// Before the process there is the fence: from then on nobody else writes, and what is read is the last word.
    private void run(SimulatedGuest guest, OwnerContent content, StartReason reason, Consumer<String> answer) {
        long epoch = content.record().epoch();
        Grant grant = new Grant(epoch, content.cause());
        agent.host().pauseNotes().remove(guest.name());
        if (world.bug() == PlantedBug.FENCE_AFTER_START) {
            agent.images()
                    .prepare(
                            guest,
                            grant,
                            _ -> launch(
                                    guest, grant, reason, _ -> agent.images().activate(guest, grant, _ -> {})));
            return;
        }
        agent.images().activate(guest, grant, active -> {
            if (active) {
                launch(guest, grant, reason, answer);
            } else {
                String error = "the images are granted to a newer owner";
                end(guest, epoch, reason.onFailure(error));
                answer.accept(error);
            }
        });
    }

    private void launch(SimulatedGuest guest, Grant grant, StartReason reason, Consumer<String> answer) {
        long epoch = grant.epoch();
        Copy copy = new Copy(world, agent.host(), guest, Copy.State.PAUSED, Memory.NONE);
        copy.attach(grant);
        // It has not run, so nothing is lost with it.
        Runnable fail = () -> copy.discard(() -> agent.deliver(() -> {
            agent.images().withdraw(guest, grant);
            String error = "it could not be started";
            end(guest, epoch, reason.onFailure(error));
            answer.accept(error);
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
                            guest.leaveToOperator(false);
                            paid(guest, epoch);
                            answer.accept("");
                        } else {
                            fail.run();
                        }
                    }));
        });
    }

    /// Nothing of the guest is left here: records that, and frees its name.
    ///
    /// @param wish what is owed from then on; if nothing is, its operator has to start it
    void end(SimulatedGuest guest, long epoch, DebtWish wish) {
        stop(guest, epoch, wish, outcome -> {
            switch (outcome) {
                case Outcome.Known _ -> agent.remove(guest);
                case Outcome.Undecided _ -> settleLater(guest, wish);
            }
        });
    }

    private void stop(SimulatedGuest guest, long epoch, DebtWish wish, Consumer<Outcome> then) {
        OwnerEvent event = new OwnerEvent.Stop(guest.name(), agent.name(), epoch);
        ChangeRun.bounded(world, agent, guest, event, wish, then);
    }

    /// The record is this host's, and there is no process. What was owed stays owed; else it is started again.
    void lost(SimulatedGuest guest, long epoch) {
        Debt debt = world.keeper()
                .debts()
                .at(guest, world.clock().nowMicros() - world.trouble().staleness());
        if (debt != null && !debt.abandoned()) {
            end(guest, epoch, new DebtWish.Note(debt));
        } else {
            awaitStopped(guest, epoch);
        }
    }

    /// The guest runs here, so nothing is owed any more. What is not recorded now is at the next comparison.
    void paid(SimulatedGuest guest, long epoch) {
        world.keeper()
                .ask(
                        agent,
                        guest.name(),
                        "paid",
                        _ -> {
                            OwnerContent content = world.keeper().owner(guest);
                            if (content != null && runsHere(content, epoch)) {
                                world.keeper().debts().set(guest, null);
                            }
                            return true;
                        },
                        _ -> {},
                        () -> {});
    }

    private boolean runsHere(OwnerContent content, long epoch) {
        return content.record().host().equals(agent.name())
                && content.record().epoch() == epoch
                && !(content.record().state() instanceof OwnerState.Stopped);
    }

    /// Nothing of the guest is left here, and its operator wants nothing of it to be left in the records either.
    void forget(SimulatedGuest guest, long epoch) {
        bounded(guest, new OwnerEvent.Stop(guest.name(), agent.name(), epoch), outcome -> {
            switch (outcome) {
                case Outcome.Known(Conclusion.Held _), Outcome.Known(Conclusion.Removed _) -> forgetStopped(guest);
                case Outcome.Known(Conclusion.Denied _) -> agent.remove(guest);
                case Outcome.Undecided _ -> forgetLater(guest);
            }
        });
    }

    private void forgetStopped(SimulatedGuest guest) {
        bounded(guest, new OwnerEvent.Forget(guest.name(), agent.name()), outcome -> {
            switch (outcome) {
                case Outcome.Known _ -> agent.remove(guest);
                case Outcome.Undecided _ -> forgetLater(guest);
            }
        });
    }

    private void forgetLater(SimulatedGuest guest) {
        settle(guest, verdict -> {
            switch (verdict) {
                case Verdict.Mine(long epoch) -> forget(guest, epoch);
                case Verdict.NotMine(String owner, long _) -> {
                    if (owner.isEmpty()) {
                        forgetStopped(guest);
                    } else {
                        agent.remove(guest);
                    }
                }
            }
        });
    }

    private void settleLater(SimulatedGuest guest, DebtWish wish) {
        settle(guest, verdict -> {
            switch (verdict) {
                case Verdict.Mine(long epoch) -> end(guest, epoch, wish);
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
