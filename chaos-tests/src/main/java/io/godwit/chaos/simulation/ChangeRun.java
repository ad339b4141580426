package io.godwit.chaos.simulation;

import io.godwit.storage.handover.ChangeAction;
import io.godwit.storage.handover.ChangeAnswer;
import io.godwit.storage.handover.ChangeProcess;
import io.godwit.storage.handover.Conclusion;
import io.godwit.storage.handover.OwnerEvent;
import java.util.function.Consumer;

/// Does for one change what the driver of production does: one request at a time, each given up after a while.
final class ChangeRun {
    private static final long PAUSE_MICROS_MIN = 5 * Scheduler.MS;
    private static final long PAUSE_MICROS_MAX = 200 * Scheduler.MS;

    private final World world;
    private final Agent agent;
    private final SimulatedGuest guest;
    private final OwnerEvent event;
    private final DebtWish wish;
    private final ChangeProcess process;
    private final long deadlineMicros;
    private final Consumer<Outcome> then;
    private int asked;
    private int floorSeen;
    private boolean over;

    sealed interface Outcome {
        record Known(Conclusion conclusion) implements Outcome {}

        /// Time is up, and the change may have been applied, or may yet be.
        record Undecided() implements Outcome {}
    }

    private ChangeRun(
            World world,
            Agent agent,
            SimulatedGuest guest,
            OwnerEvent event,
            DebtWish wish,
            long deadlineMicros,
            Consumer<Outcome> then) {
        this.world = world;
        this.agent = agent;
        this.guest = guest;
        this.event = event;
        this.wish = wish;
        this.process = world.bug().change(event);
        this.deadlineMicros = deadlineMicros;
        this.then = then;
        world.trace().note(agent.name(), guest.name(), "wants", 0, event);
    }

    /// Gives up after as long as a session lasts without a sign of life.
    static ChangeRun bounded(World world, Agent agent, SimulatedGuest guest, OwnerEvent event, Consumer<Outcome> then) {
        return bounded(world, agent, guest, event, DebtWish.UNTOUCHED, then);
    }

    static ChangeRun bounded(
            World world, Agent agent, SimulatedGuest guest, OwnerEvent event, DebtWish wish, Consumer<Outcome> then) {
        long deadline = world.clock().nowMicros()
                + agent.host().drifted(world.setting().terms().sessionMicros());
        ChangeRun run = new ChangeRun(world, agent, guest, event, wish, deadline, then);
        run.perform(run.process.start());
        return run;
    }

    /// Waits however long.
    static void endless(World world, Agent agent, SimulatedGuest guest, OwnerEvent event, Consumer<Conclusion> then) {
        ChangeRun run = new ChangeRun(world, agent, guest, event, DebtWish.UNTOUCHED, Long.MAX_VALUE, outcome -> {
            switch (outcome) {
                case Outcome.Known(Conclusion conclusion) -> then.accept(conclusion);
                case Outcome.Undecided _ -> throw new IllegalStateException("An endless change ended: " + event);
            }
        });
        run.perform(run.process.start());
    }

    /// Stops to wait for it. What is under way stays so.
    void interrupt() {
        over = true;
    }

    private void perform(ChangeAction action) {
        switch (action) {
            case ChangeAction.Done(Conclusion conclusion) -> {
                world.trace().note(agent.name(), guest.name(), "knows", 0, conclusion);
                end(new Outcome.Known(conclusion));
            }
            case ChangeAction.Wait wait -> pause(wait.attempt());
            case ChangeAction.Read _, ChangeAction.Write _, ChangeAction.Remove _, ChangeAction.Check _ -> {
                world.trace().note(agent.name(), guest.name(), "asks", ++asked, action);
                if (action instanceof ChangeAction.Write && startsHere()) {
                    world.ambush().at(Moment.CLAIM, agent.host());
                }
                world.keeper().ask(agent, guest, event, wish, action, floorSeen, this::answered);
            }
        }
    }

    private boolean startsHere() {
        return switch (event) {
            case OwnerEvent.Claim _, OwnerEvent.TakeOver _ -> true;
            case OwnerEvent.Stop _,
                    OwnerEvent.Forget _,
                    OwnerEvent.BeginHandover _,
                    OwnerEvent.TakeBack _,
                    OwnerEvent.Commit _,
                    OwnerEvent.Settle _ -> false;
        };
    }

    private void answered(Keeper.Heard heard) {
        if (!over) {
            floorSeen = heard.floor();
            perform(process.on(heard.answer()));
        }
    }

    private void pause(int attempt) {
        long left = deadlineMicros - world.clock().nowMicros();
        if (left <= 0) {
            world.trace().note(agent.name(), guest.name(), "undecided", attempt, "after " + attempt + " attempts");
            end(new Outcome.Undecided());
            return;
        }
        long full = Math.min(PAUSE_MICROS_MAX, PAUSE_MICROS_MIN << Math.min(attempt - 1, 10));
        agent.later(Math.min(left, world.dice().between(full / 2, full)), () -> {
            if (!over) {
                perform(process.on(new ChangeAnswer.Waited()));
            }
        });
    }

    private void end(Outcome outcome) {
        if (!over) {
            over = true;
            then.accept(outcome);
        }
    }
}
