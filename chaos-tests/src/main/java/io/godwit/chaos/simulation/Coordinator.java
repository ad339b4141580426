package io.godwit.chaos.simulation;

import io.godwit.chaos.simulation.HostRecords.HostView;
import io.godwit.storage.Debt;
import io.godwit.storage.HostEntry;
import io.godwit.storage.HostSighting;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.failover.ClusterView;
import io.godwit.storage.failover.Failover;
import io.godwit.storage.failover.FailoverAction;
import io.godwit.storage.failover.FailoverEvent;
import io.godwit.storage.failover.FailoverLimits;
import io.godwit.storage.failover.GuestFacts;
import io.godwit.storage.handover.OwnerContent;
import io.godwit.storage.placement.Demand;
import io.godwit.storage.placement.RestartPolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;

/// Watches for dead hosts, and asks others to take their guests over. What it asks whom is decided by the classes that
/// run in production. Every agent has one that acts, for an election may make several of them leaders: nothing but the
/// records may keep them from doing harm.
final class Coordinator implements MigrationSide {
    private static final long EVERY_MICROS = 500 * Scheduler.MS;
    private static final long ANSWER_MICROS = 10 * Scheduler.SECOND;
    private static final long NS_PER_MS = 1_000_000;

    /// Room for two guests on each host, so that now and then there is none.
    private static final long HOST_BYTES = 2;

    private final World world;
    private final Agent agent;
    private final Failover failover = new Failover(FailoverLimits.DEFAULT);
    private final Map<UUID, Asked> asked = new HashMap<>();

    private record Asked(SimulatedGuest guest, String host) {}

    Coordinator(World world, Agent agent) {
        this.world = world;
        this.agent = agent;
    }

    void begin() {
        agent.later(EVERY_MICROS, this::look);
    }

    private void look() {
        world.keeper().ask(agent, "", "looks", _ -> view(), this::judge, this::begin);
    }

    private void judge(ClusterView view) {
        perform(new FailoverEvent.Observed(view));
        begin();
    }

    /// What one follower shows at one moment, which may be past.
    private ClusterView view() {
        long micros = world.clock().nowMicros() - world.trouble().staleness();
        List<HostSighting> hosts = new ArrayList<>();
        for (SimulatedHost host : world.hosts()) {
            HostView seen = world.keeper().hosts().at(host, micros);
            if (seen.version() >= 0) {
                hosts.add(new HostSighting(entry(host, seen), seen.version()));
            }
        }
        List<GuestFacts> guests = new ArrayList<>();
        for (SimulatedGuest guest : world.guests()) {
            OwnerContent content = world.keeper().ownerAt(guest, micros);
            if (content != null) {
                guests.add(facts(guest, content.record(), micros));
            }
        }
        return new ClusterView(world.keeper().hosts().failoverAt(micros).on(), hosts, guests);
    }

    private static HostEntry entry(SimulatedHost host, HostView seen) {
        return new HostEntry(
                host.name(),
                host.name(),
                1,
                2,
                HOST_BYTES,
                HostEntry.HostState.UP,
                seen.takeoverWaitMs(),
                seen.alive() != null);
    }

    /// Where the image server refuses the former owner's writes, nobody has to wait until it has ended.
    private GuestFacts facts(SimulatedGuest guest, OwnerRecord record, long micros) {
        boolean fenced =
                world.setting().storage() == Setting.Storage.SERVER || world.bug() == PlantedBug.TAKEOVER_WITHOUT_WAIT;
        return new GuestFacts(
                new Demand(guest.name(), 1, RestartPolicy.DEFAULT),
                record,
                world.keeper().versionAt(guest, micros),
                world.keeper().debts().at(guest, micros),
                fenced);
    }

    private void perform(FailoverEvent event) {
        long nowMs = agent.host().clockNs() / NS_PER_MS;
        for (FailoverAction action : failover.on(event, nowMs)) {
            switch (action) {
                case FailoverAction.AskTakeover takeover -> {
                    SimulatedGuest guest = guest(takeover.guest());
                    world.ambush().at(Moment.TAKEOVER, world.host(takeover.host()), world.host(takeover.dead()));
                    ask(
                            guest,
                            takeover.host(),
                            attempt -> new Message.TakeOver(
                                    attempt,
                                    guest,
                                    takeover.dead(),
                                    takeover.deadVersion(),
                                    takeover.epoch(),
                                    takeover.debt()));
                }
                case FailoverAction.Log(String guest, String reason) ->
                    world.trace().note(agent.name(), guest, "judges", 0, reason);
                case FailoverAction.Note(String name, int version, Debt debt) -> owe(guest(name), version, debt);
                case FailoverAction.AskStart(String name, String host, Debt debt) -> {
                    SimulatedGuest guest = guest(name);
                    ask(guest, host, attempt -> new Message.StartOwed(attempt, guest, debt));
                }
            }
        }
    }

    private SimulatedGuest guest(String name) {
        return world.guests().stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private void ask(SimulatedGuest guest, String host, Function<UUID, Message> what) {
        UUID attempt = world.dice().uuid();
        asked.put(attempt, new Asked(guest, host));
        agent.expect(attempt, this);
        agent.send(world.host(host), what.apply(attempt));
        agent.later(ANSWER_MICROS, () -> answered(attempt, "it does not answer"));
    }

    /// Noted only as long as the owner record is the one this is about.
    private void owe(SimulatedGuest guest, int version, Debt debt) {
        world.keeper()
                .ask(
                        agent,
                        guest.name(),
                        "owes",
                        _ -> {
                            if (world.keeper().version(guest) == version) {
                                world.keeper().debts().set(guest, debt);
                            }
                            return true;
                        },
                        _ -> {},
                        () -> {});
    }

    @Override
    public void receive(Message message) {
        switch (message) {
            case Message.TakenOver(UUID attempt, String error) -> answered(attempt, error);
            case Message.Reset(UUID attempt) -> answered(attempt, "its agent is gone");
            case Message.Prepare _,
                    Message.Prepared _,
                    Message.Refused _,
                    Message.Heartbeat _,
                    Message.Complete _,
                    Message.Running _,
                    Message.Abort _,
                    Message.TakeOver _,
                    Message.StartOwed _ -> {}
        }
    }

    private void answered(UUID attempt, String error) {
        Asked about = asked.remove(attempt);
        if (about != null) {
            agent.forget(attempt);
            perform(new FailoverEvent.Answered(about.guest().name(), about.host(), error));
        }
    }
}
