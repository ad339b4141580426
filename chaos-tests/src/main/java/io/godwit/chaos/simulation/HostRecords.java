package io.godwit.chaos.simulation;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The records of the hosts, with their `alive` nodes, and the switch for failover. Each change is one write.
final class HostRecords {
    private final World world;
    private final Map<SimulatedHost, History<HostView>> hosts = new HashMap<>();
    private final History<SwitchView> failover = new History<>(new SwitchView(true, 0));

    /// What stands in a host's record.
    ///
    /// @param version        grows with each announcement; -1 if the host was never announced
    /// @param takeoverWaitMs 0 if the lease is not enforced there
    /// @param alive          the session that keeps its `alive` node; null if there is none
    /// @param bootId         of whoever announced it last
    record HostView(
            int version, long takeoverWaitMs, @Nullable Session alive, String bootId) {
        static final HostView NONE = new HostView(-1, 0, null, "");

        HostView withoutAlive() {
            return new HostView(version, takeoverWaitMs, null, bootId);
        }

        @Override
        public String toString() {
            return (alive == null ? "dead" : "alive by " + alive) + ", version " + version + ", takeover after "
                    + takeoverWaitMs + " ms";
        }
    }

    record SwitchView(boolean on, int version) {}

    HostRecords(World world) {
        this.world = world;
    }

    HostView newest(SimulatedHost host) {
        return history(host).newest();
    }

    HostView at(SimulatedHost host, long micros) {
        return history(host).at(micros);
    }

    SwitchView failover() {
        return failover.newest();
    }

    SwitchView failoverAt(long micros) {
        return failover.at(micros);
    }

    /// What a follower shows.
    SwitchView staleFailover() {
        return failoverAt(now() - world.trouble().staleness());
    }

    void setFailover(boolean on) {
        world.trace().note("", "", "failover", on ? 1 : 0, on ? "on" : "off");
        failover.add(new SwitchView(on, failover.newest().version() + 1), now());
    }

    /// What a follower shows.
    HostView stale(SimulatedHost host) {
        return at(host, now() - world.trouble().staleness());
    }

    /// @return false if the record has another version, or another agent that may live speaks for the host
    boolean announce(Session session, int version, long takeoverWaitMs) {
        Agent agent = session.agent();
        HostView before = newest(agent.host());
        if (before.version() != version) {
            return false;
        }
        Session alive = before.alive();
        boolean known = alive == null || alive.agent().equals(agent);
        // A process of the same boot is seen to be gone; of another boot nothing is known but its session.
        if (!known && !before.bootId().equals(agent.bootId())) {
            return false;
        }
        HostView next = new HostView(before.version() + 1, takeoverWaitMs, session, agent.bootId());
        world.trace().note(Network.ZOOKEEPER, "", "announced", next.version(), agent.name() + ", " + next);
        history(agent.host()).add(next, now());
        return true;
    }

    /// What a renewal asks: whether the `alive` node stands and is of this very session.
    boolean confirms(Session session) {
        return session.equals(newest(session.agent().host()).alive());
    }

    void onEnded(Session session) {
        SimulatedHost host = session.agent().host();
        if (confirms(session)) {
            history(host).add(newest(host).withoutAlive(), now());
        }
    }

    private History<HostView> history(SimulatedHost host) {
        return hosts.computeIfAbsent(host, _ -> new History<>(HostView.NONE));
    }

    private long now() {
        return world.clock().nowMicros();
    }
}
