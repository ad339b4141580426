package io.godwit.chaos.simulation;

import io.godwit.chaos.simulation.HostRecords.HostView;
import io.godwit.storage.handover.ChangeAction;
import io.godwit.storage.handover.ChangeAnswer;
import io.godwit.storage.handover.OwnerContent;
import io.godwit.storage.handover.OwnerEvent;
import io.godwit.storage.handover.OwnerView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// ZooKeeper as its clients see it. Writes are applied one after the other, all or nothing, if the version is the one
/// expected; reads come from followers that lag. Requests and answers get lost, are late, are done twice; what a
/// lost session asked for is not done any more; without a leader nothing is.
final class Keeper {
    /// What only a mistake made on purpose asks for.
    static final int ANY_VERSION = -2;

    private final World world;
    private final Sessions sessions;
    private final HostRecords hosts;
    private final DebtRecords debts;
    private final Map<SimulatedGuest, History<OwnerView>> owners = new HashMap<>();
    private final Map<String, SimulatedGuest> addresses = new HashMap<>();
    private final History<Floor> floor = new History<>(new Floor(0, 0));

    /// What is above every epoch that was retired with the records of a guest.
    private record Floor(long epoch, int version) {}

    /// @param answer what came of what was asked, or that nothing is known of that
    /// @param floor  the version of the floor of epochs as far as the asker has seen it
    record Heard(ChangeAnswer answer, int floor) {}

    Keeper(World world) {
        this.world = world;
        this.sessions = new Sessions(world);
        this.hosts = new HostRecords(world);
        this.debts = new DebtRecords(world);
    }

    Sessions sessions() {
        return sessions;
    }

    HostRecords hosts() {
        return hosts;
    }

    DebtRecords debts() {
        return debts;
    }

    /// The truth, which no host can ask for.
    @Nullable
    OwnerContent owner(SimulatedGuest guest) {
        return history(guest).newest().content();
    }

    /// What a follower shows that lags as far as is said.
    @Nullable
    OwnerContent ownerAt(SimulatedGuest guest, long micros) {
        return history(guest).at(micros).content();
    }

    int versionAt(SimulatedGuest guest, long micros) {
        return history(guest).at(micros).version();
    }

    int version(SimulatedGuest guest) {
        return history(guest).newest().version();
    }

    @Nullable
    SimulatedGuest holder(String address) {
        return addresses.get(address);
    }

    /// Opens a session for an agent that has none, or one that has ended.
    ///
    /// @param opened called once, later, or never
    void connect(Agent agent, Consumer<Session> opened) {
        world.clock().after(world.trouble().requestDelay(), () -> {
            if (reached(agent) && sessions.hasLeader()) {
                Session session = sessions.open(agent);
                answerLater(agent, session, opened);
            }
        });
    }

    /// Asks for something in the agent's present session. Exactly one of the two is called, unless the agent dies:
    /// what is unanswered may have been done, or may yet be.
    <T> void ask(
            Agent agent,
            String about,
            Object what,
            Function<Session, T> perform,
            Consumer<T> answered,
            Runnable unanswered) {
        ask(agent, about, what, perform, world.trouble().patience(), answered, unanswered);
    }

    /// @param patienceMicros after which it counts as unanswered
    <T> void ask(
            Agent agent,
            String about,
            Object what,
            Function<Session, T> perform,
            long patienceMicros,
            Consumer<T> answered,
            Runnable unanswered) {
        Session session = agent.session();
        Once once = new Once();
        Consumer<T> heard = answer -> agent.deliver(() -> {
            if (once.first()) {
                answered.accept(answer);
            }
        });
        world.clock().after(world.trouble().requestDelay(), () -> arrive(session, about, what, perform, heard));
        if (world.trouble().doubles()) {
            world.clock().after(world.trouble().requestDelay(), () -> arrive(session, about, what, perform, _ -> {}));
        }
        agent.later(patienceMicros, () -> {
            if (once.first()) {
                session.loseConnection();
                unanswered.run();
            }
        });
    }

    private static final class Once {
        private boolean done;

        boolean first() {
            boolean first = !done;
            done = true;
            return first;
        }
    }

    private <T> void arrive(
            Session session, String about, Object what, Function<Session, T> perform, Consumer<T> answer) {
        Agent agent = session.agent();
        boolean heard = reached(agent) && sessions.serves(session);
        if (!heard) {
            world.trace().note(agent.name(), about, "unheard", 0, what);
            return;
        }
        if (session.ended()) {
            world.trace().note(agent.name(), about, "too late", session.number(), what);
            answerLater(agent, session, agent.announcement()::onEnded);
            return;
        }
        sessions.touch(session);
        answerLater(agent, perform.apply(session), answer);
    }

    private boolean reached(Agent agent) {
        return world.network().reaches(agent.name(), Network.ZOOKEEPER)
                && !world.trouble().loses();
    }

    private <T> void answerLater(Agent agent, T result, Consumer<T> answer) {
        if (world.network().reaches(Network.ZOOKEEPER, agent.name())
                && !world.trouble().loses()) {
            world.clock().after(world.trouble().answerDelay(agent.name()), () -> answer.accept(result));
        }
    }

    /// @param floorSeen the version of the floor of epochs when the records were read last
    void ask(
            Agent agent,
            SimulatedGuest guest,
            OwnerEvent event,
            DebtWish wish,
            ChangeAction action,
            int floorSeen,
            Consumer<Heard> answered) {
        ask(
                agent,
                guest.name(),
                action,
                session -> {
                    Heard heard = action instanceof ChangeAction.Read
                            ? read(guest, event, wish)
                            : new Heard(perform(guest, event, wish, action, floorSeen), floorSeen);
                    world.trace().note(Network.ZOOKEEPER, guest.name(), "answers", version(guest), heard.answer());
                    return heard;
                },
                answered,
                () -> answered.accept(new Heard(new ChangeAnswer.NoAnswer("the connection is lost"), floorSeen)));
    }

    private ChangeAnswer perform(
            SimulatedGuest guest, OwnerEvent event, DebtWish wish, ChangeAction action, int floorSeen) {
        OwnerView newest = history(guest).newest();
        boolean sameFloor = floor.newest().version() == floorSeen || world.bug() == PlantedBug.FLOOR_UNCHECKED;
        return switch (action) {
            case ChangeAction.Write(int version, OwnerContent next, boolean claims) -> {
                boolean expected = version == ANY_VERSION || (newest.version() == version && sameFloor);
                if (!expected
                        || (claims && !obstacles(guest, event, wish, now()).isEmpty())) {
                    yield new ChangeAnswer.Conflict();
                }
                if (claims) {
                    addresses.put(guest.address(), guest);
                }
                world.tally().wrote(event, newest.content(), next);
                if (!next.equals(newest.content())) {
                    debts.apply(guest, wish);
                }
                history(guest).add(new OwnerView(next, newest.version() + 1, List.of()), now());
                yield new ChangeAnswer.Applied();
            }
            case ChangeAction.Check(int version) ->
                newest.version() == version && (sameFloor || version == OwnerView.ABSENT)
                        ? new ChangeAnswer.Applied()
                        : new ChangeAnswer.Conflict();
            case ChangeAction.Remove(int version, long retires) -> {
                if (newest.version() != version || !sameFloor) {
                    yield new ChangeAnswer.Conflict();
                }
                remove(guest, retires);
                yield new ChangeAnswer.Applied();
            }
            case ChangeAction.Read _, ChangeAction.Wait _, ChangeAction.Done _ ->
                throw new IllegalStateException("Nobody here asks ZooKeeper for this: " + action);
        };
    }

    /// The versions of the records begin anew when the guest is made again; the floor tells of it.
    private void remove(SimulatedGuest guest, long retires) {
        Floor before = floor.newest();
        floor.add(new Floor(Math.max(before.epoch(), retires), before.version() + 1), now());
        addresses.remove(guest.address(), guest);
        debts.set(guest, null);
        history(guest).add(OwnerView.absent(), now());
        world.tally().removed();
    }

    private Heard read(SimulatedGuest guest, OwnerEvent event, DebtWish wish) {
        long micros = now() - world.trouble().staleness();
        OwnerView view = history(guest).at(micros);
        Floor seen = floor.at(micros);
        long above = world.bug() == PlantedBug.NO_EPOCH_FLOOR ? 0 : seen.epoch();
        return new Heard(
                new ChangeAnswer.Seen(
                        new OwnerView(view.content(), view.version(), obstacles(guest, event, wish, micros), above)),
                seen.version());
    }

    /// Of the addresses always the newest is shown: nobody decides by what they are read to be.
    private List<String> obstacles(SimulatedGuest guest, OwnerEvent event, DebtWish wish, long micros) {
        List<String> obstacles = new ArrayList<>();
        if (debts.refuses(guest, wish, micros)) {
            obstacles.add("Nothing is owed any more to guest " + guest.name());
        }
        SimulatedGuest holder = addresses.get(guest.address());
        if (holder != null && !holder.equals(guest)) {
            obstacles.add("Address " + guest.address() + " belongs to guest " + holder.name());
        }
        if (event instanceof OwnerEvent.TakeOver takeOver) {
            HostView dead = hosts.at(world.host(takeOver.dead()), micros);
            // A write can compare versions, but not whether a node is there: only a reader sees that.
            if (micros < now() && dead.alive() != null) {
                obstacles.add("Host " + takeOver.dead() + " is back");
            }
            if (dead.version() != takeOver.deadVersion() && world.bug() != PlantedBug.HOST_VERSION_UNCHECKED) {
                obstacles.add("Host " + takeOver.dead() + " was announced since");
            }
            if (dead.takeoverWaitMs() == 0 && world.bug() != PlantedBug.HOST_VERSION_UNCHECKED) {
                obstacles.add("Host " + takeOver.dead() + " does not enforce its lease");
            }
            if (!hosts.failoverAt(micros).on()) {
                obstacles.add("Failover is switched off");
            }
        }
        return obstacles;
    }

    private History<OwnerView> history(SimulatedGuest guest) {
        return owners.computeIfAbsent(guest, _ -> new History<>(OwnerView.absent()));
    }

    private long now() {
        return world.clock().nowMicros();
    }
}
