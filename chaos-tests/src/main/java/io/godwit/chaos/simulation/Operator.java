package io.godwit.chaos.simulation;

import io.godwit.chaos.simulation.SlotState.Arriving;
import io.godwit.chaos.simulation.SlotState.Here;
import io.godwit.chaos.simulation.SlotState.Leaving;
import io.godwit.chaos.simulation.SlotState.Reserved;
import io.godwit.storage.Debt;
import io.godwit.storage.OwnerRecord.OwnerState.Stopped;
import io.godwit.storage.handover.OwnerContent;
import java.util.List;

/// Somebody who never lets the guests be: has them moved all the time, changes their mind, pauses them, and starts
/// those that have stopped. When the trouble is over they only see to it that every guest runs.
final class Operator {
    private static final int CANCEL_PER_MILLE = 15;
    private static final int PAUSE_PER_MILLE = 15;
    private static final int RESUME_PER_MILLE = 300;
    private static final int INTRUDE_PER_MILLE = 10;
    private static final int DESTROYER_PER_MILLE = 250;
    private static final int DESTROY_PER_MILLE_MAX = 150;

    private final World world;
    private final int destroyPerMille;

    Operator(World world) {
        this.world = world;
        this.destroyPerMille =
                world.dice().chance(DESTROYER_PER_MILLE) ? (int) world.dice().between(5, DESTROY_PER_MILLE_MAX) : 0;
    }

    void begin() {
        world.guests().forEach(this::look);
    }

    private void look(SimulatedGuest guest) {
        act(guest);
        world.clock().after(pause(), () -> look(guest));
    }

    private long pause() {
        return world.trouble().over() ? 200 * Scheduler.MS : world.dice().spread(10 * Scheduler.MS, 100 * Scheduler.MS);
    }

    private void act(SimulatedGuest guest) {
        OwnerContent content = world.keeper().owner(guest);
        if (guest.intruder()) {
            if (world.keeper().holder(guest.address()) != null && world.dice().chance(INTRUDE_PER_MILLE)) {
                start(guest);
            }
            return;
        }
        for (SimulatedHost host : world.hosts()) {
            Agent agent = host.agent();
            SlotState slot = agent == null ? null : agent.slot(guest);
            if (agent == null || slot == null) {
                continue;
            }
            switch (slot) {
                case Here(Copy copy, long _) -> handle(agent, guest, copy);
                case Leaving(SourceRun run) -> {
                    if (world.dice().chance(CANCEL_PER_MILLE)) {
                        agent.deliver(run::cancel);
                    }
                }
                case Arriving _, Reserved _ -> {}
            }
            return;
        }
        if (content == null || (content.record().state() instanceof Stopped && isLeft(guest))) {
            start(guest);
        }
    }

    /// Whether nobody but the operator will start it.
    private boolean isLeft(SimulatedGuest guest) {
        Debt debt = world.keeper().debts().newest(guest);
        return debt == null
                ? guest.leftToOperator()
                : debt.abandoned() || !world.keeper().hosts().failover().on();
    }

    private void handle(Agent agent, SimulatedGuest guest, Copy copy) {
        boolean paused = copy.state() == Copy.State.PAUSED;
        if (paused && (world.trouble().over() || world.dice().chance(RESUME_PER_MILLE))) {
            agent.deliver(() -> agent.resume(guest));
        } else if (!world.trouble().over()) {
            if (world.dice().chance(destroyPerMille) && isUncontested(guest)) {
                agent.deliver(() -> agent.destroy(guest));
            } else if (world.dice().chance(PAUSE_PER_MILLE)) {
                agent.deliver(() -> agent.pause(guest));
            } else {
                SimulatedHost target = world.dice().pick(world.hosts());
                if (!target.equals(agent.host())) {
                    agent.deliver(() -> agent.migrate(guest, target));
                }
            }
        }
    }

    /// Whether nobody else wants its address: who destroys a guest gives that up.
    private boolean isUncontested(SimulatedGuest guest) {
        return world.guests().stream()
                .allMatch(other -> other.equals(guest) || !other.address().equals(guest.address()));
    }

    private void start(SimulatedGuest guest) {
        List<SimulatedHost> hosts = world.hosts();
        Agent agent = world.dice().pick(hosts).agent();
        if (agent != null && agent.ready()) {
            agent.deliver(() -> agent.create(guest));
        }
    }
}
