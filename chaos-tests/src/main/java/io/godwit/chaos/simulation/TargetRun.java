package io.godwit.chaos.simulation;

import io.godwit.storage.Verdict;
import io.godwit.storage.fencing.Grant;
import io.godwit.storage.handover.OwnerEvent;

/// A migration at its target. The decisions are those of the engine's `TargetMigration` and the agent's `Arrivals`:
/// until the record is asked, everything that fails removes what is here; once it was asked, its answer decides.
final class TargetRun implements MigrationSide {
    private static final long TICK_MICROS = 500 * Scheduler.MS;
    private static final long SILENCE_MICROS = 2_500 * Scheduler.MS;

    private final World world;
    private final Agent agent;
    private final Agent.Peer peer;
    private final SimulatedGuest guest;
    private final Copy copy;
    private final Grant grant;
    private Phase phase = Phase.PREPARING;
    private long heardMicros;
    private boolean busy;
    private boolean failed;

    enum Phase {
        PREPARING,
        RECEIVING,
        LOADING,
        COMMITTING,
        DONE
    }

    TargetRun(World world, Agent agent, Agent.Peer peer, SimulatedGuest guest, long epoch) {
        this.world = world;
        this.agent = agent;
        this.peer = peer;
        this.guest = guest;
        this.copy = new Copy(world, agent.host(), guest, Copy.State.INCOMING, Memory.NONE);
        this.grant = new Grant(epoch, peer.migration());
        copy.attach(grant);
    }

    Agent.Peer peer() {
        return peer;
    }

    void begin() {
        heardMicros = world.clock().nowMicros();
        busy = true;
        tick();
        agent.images().prepare(guest, grant, prepared -> {
            failed |= !prepared;
            if (mayGoOn()) {
                launch();
            }
        });
    }

    /// The process is known to the guard before anybody can run it.
    private void launch() {
        busy = true;
        agent.later(
                world.dice().between(1, 20) * Scheduler.MS,
                () -> agent.admit(copy, false, admitted -> {
                    failed |= !admitted;
                    if (mayGoOn()) {
                        phase = Phase.RECEIVING;
                        agent.send(peer.host(), new Message.Prepared(peer.migration()));
                    }
                }));
    }

    private void tick() {
        if (phase == Phase.DONE) {
            return;
        }
        if (world.clock().nowMicros() - heardMicros > agent.host().drifted(SILENCE_MICROS)) {
            fail("the source is silent");
        } else {
            agent.send(peer.host(), new Message.Heartbeat(peer.migration()));
        }
        agent.later(TICK_MICROS, this::tick);
    }

    @Override
    public void receive(Message message) {
        heardMicros = world.clock().nowMicros();
        switch (message) {
            case Message.Complete(var _, Memory memory, boolean paused) -> {
                if (phase == Phase.RECEIVING) {
                    load(memory, paused);
                }
            }
            case Message.Abort _, Message.Reset _ -> fail("the source gave up");
            case Message.Prepare _,
                    Message.Prepared _,
                    Message.Refused _,
                    Message.Heartbeat _,
                    Message.Running _,
                    Message.TakeOver _,
                    Message.StartOwed _,
                    Message.TakenOver _ -> {}
        }
    }

    private void load(Memory memory, boolean paused) {
        phase = Phase.LOADING;
        busy = true;
        copy.load(
                memory,
                loaded -> agent.deliver(() -> {
                    failed |= !loaded;
                    if (mayGoOn()) {
                        commit(paused);
                    }
                }));
    }

    private boolean mayGoOn() {
        busy = false;
        if (failed) {
            fail("as noted");
        }
        return phase != Phase.DONE;
    }

    private void fail(String reason) {
        if (phase == Phase.COMMITTING || phase == Phase.DONE) {
            return;
        }
        if (busy) {
            failed = true;
            return;
        }
        discard(reason);
    }

    private void commit(boolean paused) {
        phase = Phase.COMMITTING;
        if (world.bug() == PlantedBug.RESUME_BEFORE_COMMIT) {
            copy.resume(copy.epoch(), _ -> {});
        }
        OwnerEvent event = new OwnerEvent.Commit(guest.name(), agent.name(), agent.bootId(), peer.migration());
        ChangeRun.endless(world, agent, guest, event, conclusion -> {
            switch (conclusion.verdict()) {
                case Verdict.Mine(long epoch) -> take(epoch, paused);
                case Verdict.NotMine _ -> discard("the record says no");
            }
        });
    }

    private void take(long epoch, boolean paused) {
        if (world.bug() == PlantedBug.FENCE_AFTER_START && !paused) {
            copy.resume(epoch, _ -> agent.images().activate(guest, grant, _ -> taken(epoch)));
            return;
        }
        agent.images().activate(guest, grant, active -> {
            if (active) {
                run(epoch, paused);
            } else {
                discard("the images are granted to a newer owner");
            }
        });
    }

    private void run(long epoch, boolean paused) {
        if (paused) {
            agent.host().pauseNotes().put(guest.name(), epoch);
            taken(epoch);
        } else {
            agent.host().pauseNotes().remove(guest.name());
            copy.resume(epoch, _ -> agent.deliver(() -> taken(epoch)));
        }
    }

    private void taken(long epoch) {
        phase = Phase.DONE;
        agent.forget(peer.migration());
        agent.send(peer.host(), new Message.Running(peer.migration(), epoch));
        agent.settled(copy, epoch);
    }

    private void discard(String reason) {
        world.trace().note(agent.name(), guest.name(), "discards", 0, phase + ", " + reason);
        phase = Phase.DONE;
        agent.forget(peer.migration());
        agent.send(peer.host(), new Message.Abort(peer.migration()));
        copy.destroy(() -> agent.deliver(() -> {
            agent.images().withdraw(guest, grant);
            agent.remove(guest);
        }));
    }
}
