package io.godwit.chaos.simulation;

import io.godwit.chaos.simulation.HostRecords.HostView;
import io.godwit.storage.OwnerRecord.OwnerState.Stopped;
import io.godwit.storage.handover.OwnerContent;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/// Watches for dead hosts, and asks others to take their guests over. Every agent has one that acts, for an election
/// may make two of them leaders: nothing but the records may keep them from doing harm.
final class Coordinator {
    private static final long EVERY_MICROS = 500 * Scheduler.MS;
    private static final long ATTEMPT_NS = 3_000_000_000L;
    private static final long NS_PER_MS = 1_000_000;

    private final World world;
    private final Agent agent;
    private final Map<SimulatedHost, Missing> missing = new HashMap<>();
    private final Map<SimulatedGuest, Long> askedNs = new HashMap<>();

    /// A host without its `alive` node.
    private record Missing(int version, long sinceNs) {}

    private record Cluster(
            Map<SimulatedHost, HostView> hosts, Map<SimulatedGuest, OwnerContent> guests, boolean failover) {}

    Coordinator(World world, Agent agent) {
        this.world = world;
        this.agent = agent;
    }

    void begin() {
        if (world.setting().leaseEnforced()) {
            agent.later(EVERY_MICROS, this::look);
        }
    }

    private void look() {
        world.keeper()
                .ask(
                        agent,
                        "",
                        "looks",
                        _ -> snapshot(
                                world.clock().nowMicros() - world.trouble().staleness()),
                        cluster -> {
                            judge(cluster);
                            begin();
                        },
                        this::begin);
    }

    private Cluster snapshot(long micros) {
        Map<SimulatedHost, HostView> hosts = new LinkedHashMap<>();
        world.hosts().forEach(host -> hosts.put(host, world.keeper().hosts().at(host, micros)));
        Map<SimulatedGuest, OwnerContent> guests = new LinkedHashMap<>();
        for (SimulatedGuest guest : world.guests()) {
            OwnerContent content = world.keeper().ownerAt(guest, micros);
            if (content != null) {
                guests.put(guest, content);
            }
        }
        return new Cluster(
                hosts, guests, world.keeper().hosts().failoverAt(micros).on());
    }

    private void judge(Cluster cluster) {
        long nowNs = agent.host().clockNs();
        cluster.hosts().forEach((host, view) -> {
            if (view.alive() != null || view.takeoverWaitMs() == 0) {
                missing.remove(host);
            } else if (!(missing.get(host) instanceof Missing(int version, long _) && version == view.version())) {
                missing.put(host, new Missing(view.version(), nowNs));
            }
        });
        if (!cluster.failover()) {
            return;
        }
        cluster.guests().forEach((guest, content) -> {
            SimulatedHost owner = world.host(content.record().host());
            Missing dead = missing.get(owner);
            boolean waited = dead != null
                    && nowNs - dead.sinceNs() >= waitMs(cluster.hosts().getOrDefault(owner, HostView.NONE)) * NS_PER_MS;
            boolean asked = askedNs.containsKey(guest) && nowNs - askedNs.getOrDefault(guest, 0L) < ATTEMPT_NS;
            if (dead != null && waited && !asked && !(content.record().state() instanceof Stopped)) {
                ask(cluster, guest, owner, dead.version(), content.record().epoch());
            }
        });
    }

    /// Where the image server refuses the former owner's writes, nobody has to wait until it has ended.
    private long waitMs(HostView dead) {
        boolean fenced = world.setting().storage() == Setting.Storage.SERVER;
        return fenced || world.bug() == PlantedBug.TAKEOVER_WITHOUT_WAIT ? 0 : dead.takeoverWaitMs();
    }

    private void ask(Cluster cluster, SimulatedGuest guest, SimulatedHost dead, int deadVersion, long epoch) {
        cluster.hosts().entrySet().stream()
                .filter(entry -> entry.getValue().alive() != null)
                .map(Map.Entry::getKey)
                .min(Comparator.comparingLong(host -> guestsOn(cluster, host)))
                .ifPresent(chosen -> {
                    askedNs.put(guest, agent.host().clockNs());
                    Message.TakeOver message =
                            new Message.TakeOver(world.dice().uuid(), guest, dead.name(), deadVersion, epoch);
                    world.trace().note(agent.name(), guest.name(), "chooses", 0, chosen.name() + " to " + message);
                    agent.send(chosen, message);
                });
    }

    private static long guestsOn(Cluster cluster, SimulatedHost host) {
        return cluster.guests().values().stream()
                .filter(content -> content.record().host().equals(host.name()))
                .count();
    }
}
