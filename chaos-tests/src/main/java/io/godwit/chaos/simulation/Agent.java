package io.godwit.chaos.simulation;

import io.godwit.chaos.simulation.SlotState.Arriving;
import io.godwit.chaos.simulation.SlotState.Here;
import io.godwit.chaos.simulation.SlotState.Leaving;
import io.godwit.chaos.simulation.SlotState.Reserved;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The agent of a host, from its start to its death: a table of the guests on its host, and what it does with them.
/// It remembers nothing beyond its death but what its host's files, the processes and the records say.
final class Agent {
    private final World world;
    private final SimulatedHost host;
    private final Map<SimulatedGuest, SlotState> slots = new LinkedHashMap<>();
    private final Map<UUID, MigrationSide> sides = new HashMap<>();
    private final Set<UUID> seen = new HashSet<>();
    private final List<Runnable> waiting = new ArrayList<>();
    private final Ends ends;
    private final Announcement announcement;
    private final LeaseRun lease;
    private final ImageAccess images;
    private final String bootId;
    private boolean ready;
    private long frozenUntil;

    /// A peer that this process has a connection with.
    record Peer(SimulatedHost host, UUID migration) {}

    Agent(World world, SimulatedHost host) {
        this.world = world;
        this.host = host;
        this.ends = new Ends(world, this);
        this.announcement = new Announcement(world, this);
        this.lease = new LeaseRun(world, this);
        this.images = new ImageAccess(world, this);
        this.bootId = host.bootId();
    }

    /// In the order of production: the host is announced, the lease held, and then the guests are looked at.
    void start() {
        if (world.setting().leaseEnforced()) {
            long waitMs = host.relaxed() ? 0 : world.setting().terms().times().takeoverWaitMs();
            announcement.begin(waitMs, () -> lease.begin(this::adopt));
        } else {
            announcement.begin(0, this::adopt);
        }
    }

    private void adopt() {
        new AdoptionRun(world, this).begin(() -> {
            ready = true;
            world.trace().note(name(), "", "ready", 0, "");
            new Comparison(world, this).begin();
            new Coordinator(world, this).begin();
        });
    }

    Session session() {
        return announcement.session();
    }

    Announcement announcement() {
        return announcement;
    }

    ImageAccess images() {
        return images;
    }

    /// Of the boot that started it.
    String bootId() {
        return bootId;
    }

    /// Makes a process known to the guard before it can run.
    ///
    /// @param recorded whether the guest's record is this host's by now
    /// @param then     told whether it may run
    void admit(Copy copy, boolean recorded, Consumer<Boolean> then) {
        if (world.setting().leaseEnforced()) {
            lease.admit(copy, recorded, then);
        } else {
            then.accept(true);
        }
    }

    /// A process was found that may be running.
    void noteFound(Copy copy) {
        if (world.setting().leaseEnforced()) {
            lease.noteFound(copy);
        }
    }

    String name() {
        return host.name();
    }

    SimulatedHost host() {
        return host;
    }

    Ends ends() {
        return ends;
    }

    /// Whether it has looked at all that was here when it started; before, nobody can ask it for anything.
    boolean ready() {
        return ready;
    }

    @Nullable
    SlotState slot(SimulatedGuest guest) {
        return slots.get(guest);
    }

    void transitionTo(SimulatedGuest guest, SlotState next) {
        slots.put(guest, next);
    }

    void remove(SimulatedGuest guest) {
        slots.remove(guest);
    }

    /// The guest is this host's, and nothing is under way.
    void settled(Copy copy, long epoch) {
        transitionTo(copy.guest(), new Here(copy, epoch));
        if (copy.state() == Copy.State.GONE) {
            ends.onGone(copy);
        }
    }

    /// Its host's record stands, perhaps in another session than before.
    void announced() {
        lease.onAnnounced();
    }

    /// Its guard's process is gone.
    void guardLost() {
        if (world.setting().leaseEnforced()) {
            deliver(lease::guardLost);
        }
    }

    /// It is asked to end.
    ///
    /// @param done called when it may be gone
    void endInOrder(Runnable done) {
        if (world.setting().leaseEnforced() && ready) {
            deliver(() -> lease.giveUp(done));
        } else {
            done.run();
        }
    }

    void freeze(long micros) {
        world.trace().note(name(), "", "stalled", micros, "the agent, for " + micros + " us");
        frozenUntil = Math.max(frozenUntil, world.clock().nowMicros() + micros);
        host.local(frozenUntil - world.clock().nowMicros(), this::goOn);
    }

    /// It goes on at once if it stood still.
    void thaw() {
        frozenUntil = 0;
        goOn();
    }

    /// In the order in which it came.
    private void goOn() {
        if (frozenUntil <= world.clock().nowMicros()) {
            List<Runnable> what = List.copyOf(waiting);
            waiting.clear();
            what.forEach(this::deliver);
        }
    }

    boolean frozen() {
        return frozenUntil > world.clock().nowMicros() || host.frozen();
    }

    /// Something that happens to this process now: if it stands still, when it goes on; if it is dead, never.
    void deliver(Runnable action) {
        host.local(0, () -> act(action));
    }

    /// Something this process does after a while by its own clock.
    void later(long delayMicros, Runnable action) {
        host.local(host.drifted(delayMicros), () -> act(action));
    }

    // Another agent of the same host is not this one.
    @SuppressWarnings("ReferenceEquality")
    private void act(Runnable action) {
        if (host.agent() != this) {
            return;
        }
        if (frozenUntil > world.clock().nowMicros()) {
            waiting.add(action);
        } else {
            action.run();
        }
    }

    void send(SimulatedHost to, Message message) {
        world.network().send(host, to, message);
    }

    void reset(Peer peer) {
        world.network().send(host, peer.host(), new Message.Reset(peer.migration()));
    }

    List<Peer> peers() {
        List<Peer> peers = new ArrayList<>();
        for (SlotState slot : slots.values()) {
            switch (slot) {
                case Arriving(TargetRun run) -> peers.add(run.peer());
                case Leaving(SourceRun run) -> peers.add(run.peer());
                case Here _, Reserved _ -> {}
            }
        }
        return peers;
    }

    void receive(SimulatedHost from, Message message) {
        world.trace().note(name(), "", "hears", 0, message);
        MigrationSide side = sides.get(message.migration());
        if (side != null) {
            side.receive(message);
        } else if (message instanceof Message.Prepare prepare) {
            arrive(from, prepare);
        } else if (message instanceof Message.TakeOver takeOver) {
            takeOver(from, takeOver);
        } else if (message instanceof Message.StartOwed owed) {
            startOwed(from, owed);
        } else if (!(message instanceof Message.Reset)) {
            send(from, new Message.Reset(message.migration()));
        }
    }

    /// Somebody waits for what is said about this.
    void expect(UUID conversation, MigrationSide side) {
        sides.put(conversation, side);
    }

    private void takeOver(SimulatedHost from, Message.TakeOver asked) {
        SimulatedGuest guest = asked.guest();
        if (!seen.add(asked.migration())) {
            return;
        }
        Consumer<String> answer = error -> send(from, new Message.TakenOver(asked.migration(), error));
        if (ready && !slots.containsKey(guest) && !host.copies().containsKey(guest)) {
            transitionTo(guest, new Reserved());
            ends.takeOver(guest, asked.dead(), asked.deadVersion(), asked.epoch(), asked.debt(), answer);
        } else {
            answer.accept("the name is taken");
        }
    }

    private void startOwed(SimulatedHost from, Message.StartOwed asked) {
        SimulatedGuest guest = asked.guest();
        if (!seen.add(asked.migration())) {
            return;
        }
        Consumer<String> answer = error -> send(from, new Message.TakenOver(asked.migration(), error));
        if (ready && !slots.containsKey(guest) && !host.copies().containsKey(guest)) {
            transitionTo(guest, new Reserved());
            ends.startOwed(guest, asked.debt(), answer);
        } else {
            answer.accept("the name is taken");
        }
    }

    private void arrive(SimulatedHost from, Message.Prepare prepare) {
        UUID migration = prepare.migration();
        SimulatedGuest guest = prepare.guest();
        if (!seen.add(migration)) {
            return;
        }
        if (!ready || slots.containsKey(guest) || host.copies().containsKey(guest)) {
            send(from, new Message.Refused(migration));
            return;
        }
        TargetRun run = new TargetRun(world, this, new Peer(from, migration), guest, prepare.epoch() + 1);
        transitionTo(guest, new Arriving(run));
        sides.put(migration, run);
        run.begin();
    }

    /// Moves a guest that is here and idle.
    void migrate(SimulatedGuest guest, SimulatedHost target) {
        if (slots.get(guest) instanceof Here(Copy copy, long epoch) && copy.state() != Copy.State.GONE) {
            Peer peer = new Peer(target, world.dice().uuid());
            SourceRun run = new SourceRun(world, this, peer, copy, epoch);
            transitionTo(guest, new Leaving(run));
            seen.add(peer.migration());
            sides.put(peer.migration(), run);
            run.begin();
        }
    }

    void forget(UUID migration) {
        sides.remove(migration);
    }

    /// Starts a guest that runs nowhere.
    void create(SimulatedGuest guest) {
        if (ready && !slots.containsKey(guest) && !host.copies().containsKey(guest)) {
            transitionTo(guest, new Reserved());
            guest.leaveToOperator(true);
            ends.create(guest);
        }
    }

    /// Ends a guest that is here and idle, and has its records removed.
    void destroy(SimulatedGuest guest) {
        if (slots.get(guest) instanceof Here(Copy copy, long epoch) && copy.state() != Copy.State.GONE) {
            transitionTo(guest, new Reserved());
            guest.leaveToOperator(true);
            copy.shutDown(() -> deliver(() -> {
                host.pauseNotes().remove(guest.name());
                ends.forget(guest, epoch);
            }));
        }
    }

    void pause(SimulatedGuest guest) {
        if (slots.get(guest) instanceof Here(Copy copy, long epoch)) {
            host.pauseNotes().put(guest.name(), epoch);
            copy.pause(_ -> {});
        }
    }

    void resume(SimulatedGuest guest) {
        if (slots.get(guest) instanceof Here(Copy copy, long epoch)) {
            copy.resume(epoch, _ -> host.pauseNotes().remove(guest.name()));
        }
    }
}
