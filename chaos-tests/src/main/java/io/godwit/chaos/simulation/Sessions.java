package io.godwit.chaos.simulation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Sessions as ZooKeeper's leader keeps them. It ends one that it has not heard of for the timeout, rounded up to its
/// tick. Of clients of its own it hears with each request, of those of a follower only when the follower reports,
/// every half tick, and not at all while the two do not reach each other. A new leader starts all over.
final class Sessions {
    private static final int SERVERS = 3;

    /// Of servers started by `godwit zookeeper`.
    private static final long OWN_TICK_MICROS = 500 * Scheduler.MS;

    private static final int OWN_SERVERS_PER_MILLE = 700;

    private final World world;
    private final List<Session> all = new ArrayList<>();
    private final Set<Integer> cutOff = new HashSet<>();
    private final double clockRate;
    private final long tickMicros;
    private final long tickOffset;
    private int leader;
    private long leaderlessUntil;

    Sessions(World world) {
        this.world = world;
        this.clockRate = world.setting().clockRate(world.dice());
        this.tickMicros = world.dice().chance(OWN_SERVERS_PER_MILLE)
                ? OWN_TICK_MICROS
                // The slowest that agents allow for.
                : world.setting().terms().settings().serverTickMs() * Scheduler.MS;
        this.tickOffset = world.dice().between(0, tickMicros - 1);
    }

    /// @return a session of the client, which has reached the leader
    Session open(Agent agent) {
        Session session = new Session(all.size() + 1, agent, anyServer(), now());
        all.add(session);
        world.trace().note(agent.name(), "", "connects", session.number(), session);
        watch(session);
        return session;
    }

    boolean hasLeader() {
        return leaderlessUntil <= now();
    }

    /// @return whether the server of the session serves its clients at all
    boolean serves(Session session) {
        return hasLeader() && reachesLeader(session);
    }

    /// A request of it has arrived.
    void touch(Session session) {
        if (session.connectionLost()) {
            session.reconnect(anyServer());
            if (reachesLeader(session)) {
                session.heard(now());
            }
        } else if (session.server() == leader) {
            session.heard(now());
        } else if (!session.toldSoon()) {
            session.setToldSoon(true);
            long half = tickMicros / 2;
            long offset = tickOffset + session.server() * half / SERVERS;
            long next = ((now() - offset + tickMicros) / half + 1) * half + offset - tickMicros;
            world.clock().at(next, () -> tell(session));
        }
    }

    private void tell(Session session) {
        session.setToldSoon(false);
        if (serves(session) && !session.ended()) {
            session.heard(now());
        }
    }

    private boolean reachesLeader(Session session) {
        return session.server() == leader || !cutOff.contains(session.server());
    }

    /// The ensemble has no leader for a while, and then another.
    void electLeader(long micros) {
        world.trace().note(Network.ZOOKEEPER, "", "no leader", micros, micros + " us");
        leaderlessUntil = now() + micros;
        world.clock().at(leaderlessUntil, this::elected);
    }

    private void elected() {
        if (hasLeader()) {
            leader = anyServer();
            all.forEach(session -> session.heard(now()));
        }
    }

    /// A follower and the leader do not reach each other for a while. The follower's clients notice when they ask.
    void cutFollower(long micros) {
        int server = anyServer();
        world.trace().note(Network.ZOOKEEPER, "", "apart", micros, "server " + server + ", for " + micros + " us");
        cutOff.add(server);
        world.clock().after(micros, () -> cutOff.remove(server));
    }

    /// Ends what the host has, before its time.
    void expire(SimulatedHost host) {
        all.stream()
                .filter(session -> !session.ended() && session.agent().host().equals(host))
                .toList()
                .forEach(this::end);
    }

    private void watch(Session session) {
        world.clock().at(dueMicros(session), () -> {
            if (session.ended()) {
                return;
            }
            if (!hasLeader()) {
                world.clock().at(leaderlessUntil, () -> watch(session));
            } else if (dueMicros(session) <= now()) {
                end(session);
            } else {
                watch(session);
            }
        });
    }

    private long dueMicros(Session session) {
        long out = session.heardMicros() + Math.round(world.setting().terms().sessionMicros() * clockRate);
        return ((out - tickOffset + tickMicros) / tickMicros + 1) * tickMicros + tickOffset - tickMicros;
    }

    private void end(Session session) {
        world.trace()
                .note(
                        Network.ZOOKEEPER,
                        "",
                        "ends",
                        session.number(),
                        session + " of " + session.agent().name());
        session.end();
        world.keeper().hosts().onEnded(session);
    }

    private int anyServer() {
        return (int) world.dice().between(0, SERVERS - 1);
    }

    private long now() {
        return world.clock().nowMicros();
    }
}
