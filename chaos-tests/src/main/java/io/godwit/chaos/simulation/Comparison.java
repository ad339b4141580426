package io.godwit.chaos.simulation;

import io.godwit.chaos.simulation.SlotState.Arriving;
import io.godwit.chaos.simulation.SlotState.Here;
import io.godwit.chaos.simulation.SlotState.Leaving;
import io.godwit.chaos.simulation.SlotState.Reserved;
import io.godwit.storage.OwnerRecord;
import io.godwit.storage.OwnerRecord.OwnerState.Running;
import io.godwit.storage.OwnerRecord.OwnerState.Stopped;
import io.godwit.storage.handover.OwnerContent;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// An agent compares the records with what it has again and again, and settles a difference that it has seen twice. It
/// leaves alone what is being started or moved.
final class Comparison {
    private static final long EVERY_MICROS = 5 * Scheduler.SECOND;

    private final World world;
    private final Agent agent;
    private final SettlementRun settlement;
    private final Map<SimulatedGuest, Object> differences = new HashMap<>();

    Comparison(World world, Agent agent) {
        this.world = world;
        this.agent = agent;
        this.settlement = new SettlementRun(world, agent);
    }

    void begin() {
        if (world.bug() != PlantedBug.NO_COMPARISON) {
            agent.later(EVERY_MICROS, this::compare);
        }
    }

    private void compare() {
        world.keeper()
                .ask(
                        agent,
                        "",
                        "compares",
                        _ -> fresh(),
                        records -> {
                            world.guests().forEach(guest -> look(guest, records.get(guest)));
                            begin();
                        },
                        this::begin);
    }

    private Map<SimulatedGuest, OwnerContent> fresh() {
        Map<SimulatedGuest, OwnerContent> records = new HashMap<>();
        for (SimulatedGuest guest : world.guests()) {
            OwnerContent content = world.keeper().owner(guest);
            if (content != null) {
                records.put(guest, content);
            }
        }
        return records;
    }

    private void look(SimulatedGuest guest, @Nullable OwnerContent content) {
        OwnerRecord record = content == null ? null : content.record();
        boolean mine = record != null && record.host().equals(agent.name()) && !(record.state() instanceof Stopped);
        SlotState slot = agent.slot(guest);
        boolean differs = switch (slot) {
            case null -> mine && !agent.host().copies().containsKey(guest);
            case Here(Copy copy, long epoch) ->
                record == null
                        || !record.host().equals(agent.name())
                        || !(record.state() instanceof Running)
                        || record.epoch() != epoch
                        || (copy.state() == Copy.State.PAUSED && !isPausedByOperator(guest, epoch));
            case Arriving _, Leaving _, Reserved _ -> false;
        };
        if (slot instanceof Here(Copy copy, long epoch)
                && !differs
                && copy.state() == Copy.State.RUNNING
                && world.keeper().debts().at(guest, world.clock().nowMicros()) != null) {
            agent.ends().paid(guest, epoch);
        }
        Object difference = differs ? Objects.requireNonNullElse(content, "no record") : null;
        boolean again = difference != null && difference.equals(differences.get(guest));
        if (difference == null || again) {
            differences.remove(guest);
        } else {
            differences.put(guest, difference);
        }
        if (difference != null && again) {
            world.trace().note(agent.name(), guest.name(), "differs", 0, difference);
            settle(guest, slot);
        }
    }

    private void settle(SimulatedGuest guest, @Nullable SlotState slot) {
        switch (slot) {
            case null -> settlement.absent(guest, () -> {});
            case Here(Copy copy, long _) -> settlement.found(copy, () -> {});
            case Arriving _, Leaving _, Reserved _ -> {}
        }
    }

    private boolean isPausedByOperator(SimulatedGuest guest, long epoch) {
        return Objects.equals(agent.host().pauseNotes().get(guest.name()), epoch);
    }
}
