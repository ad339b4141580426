package io.godwit.chaos.simulation;

import io.godwit.chaos.simulation.ChangeRun.Outcome;
import io.godwit.storage.Verdict;
import io.godwit.storage.handover.Conclusion;
import io.godwit.storage.handover.OwnerEvent;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A migration at its source. The decisions are those of the engine's `SourceMigration` and the agent's `SourceGate`
/// and `Departures`, without the pages: from the handover on only the record says whose the guest is.
final class SourceRun implements MigrationSide {
    private static final long TICK_MICROS = 500 * Scheduler.MS;
    private static final long SILENCE_MICROS = 2_500 * Scheduler.MS;
    private static final long PREPARE_MICROS = 20 * Scheduler.SECOND;
    private static final long HANDOVER_MICROS = 15 * Scheduler.SECOND;
    private static final long SWITCHOVER_MICROS = 5 * Scheduler.SECOND;
    private static final int RESUME_TRIES = 3;

    private final World world;
    private final Agent agent;
    private final Agent.Peer peer;
    private final Copy copy;
    private final long epoch;
    private Phase phase = Phase.PREPARING;
    private long heardMicros;
    private long deadlineMicros;
    private @Nullable ChangeRun beginning;

    /// Whether the process was told something and has not answered: nothing can be given up until it does.
    private boolean busy;

    private boolean failed;
    private boolean paused;
    private boolean wasPaused;

    enum Phase {
        PREPARING,
        ROUNDS,
        HANDING_OVER,
        LAST_ROUNDS,
        SWITCHING_OVER,
        AWAITING_COMMIT,
        TAKING_BACK,
        DONE
    }

    SourceRun(World world, Agent agent, Agent.Peer peer, Copy copy, long epoch) {
        this.world = world;
        this.agent = agent;
        this.peer = peer;
        this.copy = copy;
        this.epoch = epoch;
    }

    Agent.Peer peer() {
        return peer;
    }

    void begin() {
        heardMicros = world.clock().nowMicros();
        enter(Phase.PREPARING, PREPARE_MICROS);
        agent.send(peer.host(), new Message.Prepare(peer.migration(), copy.guest(), epoch));
        tick();
    }

    /// What an operator may ask for at any time.
    void cancel() {
        fail("cancelled");
    }

    private void tick() {
        if (phase == Phase.TAKING_BACK || phase == Phase.DONE) {
            return;
        }
        long now = world.clock().nowMicros();
        if (now - heardMicros > agent.host().drifted(SILENCE_MICROS)) {
            fail("the target is silent");
        } else if (now > deadlineMicros) {
            fail("too late");
        } else {
            agent.send(peer.host(), new Message.Heartbeat(peer.migration()));
        }
        agent.later(TICK_MICROS, this::tick);
    }

    @Override
    public void receive(Message message) {
        heardMicros = world.clock().nowMicros();
        switch (message) {
            case Message.Prepared _ -> {
                if (phase == Phase.PREPARING) {
                    enter(Phase.ROUNDS, PREPARE_MICROS);
                    sendRounds(this::handOver);
                }
            }
            case Message.Running _ -> {
                if (phase == Phase.AWAITING_COMMIT) {
                    finish();
                }
            }
            case Message.Refused _, Message.Abort _, Message.Reset _ -> fail("the target gave up");
            case Message.Heartbeat _,
                    Message.Prepare _,
                    Message.Complete _,
                    Message.TakeOver _,
                    Message.StartOwed _,
                    Message.TakenOver _ -> {}
        }
    }

    private void sendRounds(Runnable then) {
        Phase now = phase;
        agent.later(world.dice().spread(Scheduler.MS, 40 * Scheduler.MS), () -> {
            if (phase == now) {
                then.run();
            }
        });
    }

    private void handOver() {
        enter(Phase.HANDING_OVER, HANDOVER_MICROS);
        OwnerEvent event = new OwnerEvent.BeginHandover(
                copy.guest().name(), agent.name(), epoch, peer.host().name(), peer.migration());
        beginning = ChangeRun.bounded(world, agent, copy.guest(), event, outcome -> {
            if (phase != Phase.HANDING_OVER) {
                return;
            }
            switch (outcome) {
                case Outcome.Known(Conclusion.Held _) -> {
                    enter(Phase.LAST_ROUNDS, HANDOVER_MICROS);
                    sendRounds(this::switchOver);
                }
                case Outcome.Known(Conclusion.Removed _) -> gateClosed();
                case Outcome.Known(Conclusion.Denied _), Outcome.Undecided _ -> askForGuest(this::notHandedOver);
            }
        });
    }

    /// The guest runs on only if no other host owns it.
    private void notHandedOver(Verdict verdict) {
        if (phase != Phase.HANDING_OVER) {
            return;
        }
        switch (verdict) {
            case Verdict.Mine _ -> gateClosed();
            case Verdict.NotMine(String owner, long _) -> {
                if (owner.isEmpty()) {
                    gateClosed();
                } else {
                    fail("the record names another owner");
                }
            }
        }
    }

    /// The record will not be changed by this migration any more, and the guest was not paused.
    private void gateClosed() {
        agent.send(peer.host(), new Message.Abort(peer.migration()));
        stays();
    }

    private void switchOver() {
        enter(Phase.SWITCHING_OVER, SWITCHOVER_MICROS);
        wasPaused = copy.state() == Copy.State.PAUSED;
        paused = true;
        busy = true;
        copy.pause(isPaused -> agent.deliver(() -> {
            if (mayGoOn(isPaused)) {
                sendRest();
            }
        }));
    }

    private void sendRest() {
        busy = true;
        copy.save(
                memory -> agent.deliver(() -> {
                    if (mayGoOn(true)) {
                        phase = Phase.AWAITING_COMMIT;
                        agent.send(peer.host(), new Message.Complete(peer.migration(), memory, wasPaused));
                    }
                }),
                () -> agent.deliver(() -> mayGoOn(false)));
    }

    private boolean mayGoOn(boolean done) {
        busy = false;
        if (failed || !done) {
            failed = false;
            fail(done ? "as noted" : "the guest ended");
            return false;
        }
        return phase == Phase.SWITCHING_OVER;
    }

    /// Gives up as soon as that is possible: finds out whose the guest is, and acts on that alone.
    private void fail(String reason) {
        if (phase == Phase.TAKING_BACK || phase == Phase.DONE) {
            return;
        }
        if (busy) {
            failed = true;
            return;
        }
        boolean ask = gateDecides();
        world.trace().note(agent.name(), copy.guest().name(), "gives up", 0, phase + ", " + reason);
        if (world.bug() == PlantedBug.SILENCE_IS_COMMIT && phase == Phase.AWAITING_COMMIT) {
            finish();
            return;
        }
        phase = Phase.TAKING_BACK;
        if (beginning != null) {
            beginning.interrupt();
        }
        agent.send(peer.host(), new Message.Abort(peer.migration()));
        if (!ask) {
            stays();
            return;
        }
        if (world.bug() == PlantedBug.RESUME_BEFORE_TAKE_BACK) {
            resume(1);
        }
        askForGuest(verdict -> {
            switch (verdict) {
                case Verdict.Mine _ -> resume(1);
                case Verdict.NotMine _ -> finish();
            }
        });
    }

    private void askForGuest(Consumer<Verdict> then) {
        OwnerEvent event =
                new OwnerEvent.TakeBack(copy.guest().name(), agent.name(), peer.migration(), OptionalLong.of(epoch));
        ChangeRun.endless(world, agent, copy.guest(), event, conclusion -> then.accept(conclusion.verdict()));
    }

    private void resume(int attempt) {
        if (!paused || wasPaused || copy.state() == Copy.State.GONE) {
            stays();
            return;
        }
        copy.resume(
                epoch,
                runs -> agent.deliver(() -> {
                    if (!runs && attempt < RESUME_TRIES) {
                        resume(attempt + 1);
                    } else {
                        stays();
                    }
                }));
    }

    private void stays() {
        if (phase != Phase.DONE) {
            phase = Phase.DONE;
            agent.forget(peer.migration());
            agent.settled(copy, epoch);
        }
    }

    /// The guest is the target's.
    private void finish() {
        phase = Phase.DONE;
        agent.forget(peer.migration());
        copy.destroy(() -> agent.deliver(() -> {
            agent.host().pauseNotes().remove(copy.guest().name());
            agent.remove(copy.guest());
        }));
    }

    private boolean gateDecides() {
        return switch (phase) {
            case PREPARING, ROUNDS, TAKING_BACK, DONE -> false;
            case HANDING_OVER, LAST_ROUNDS, SWITCHING_OVER, AWAITING_COMMIT -> true;
        };
    }

    private void enter(Phase next, long timeoutMicros) {
        phase = next;
        deadlineMicros = world.clock().nowMicros() + agent.host().drifted(timeoutMicros);
    }
}
