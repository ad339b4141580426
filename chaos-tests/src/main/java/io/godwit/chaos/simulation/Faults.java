package io.godwit.chaos.simulation;

import java.util.ArrayList;
import java.util.List;

/// Has accidents happen at any time until the trouble is over.
final class Faults {
    private static final int LONG_PER_MILLE_MAX = 900;
    private static final int ONE_KIND_PER_MILLE = 400;
    private static final int KIND_PER_MILLE = 450;

    private final World world;
    private final Dice dice;
    private final Accidents accidents;
    private final long endMicros;
    private final long everyMicros;
    private final List<Fault> kinds = new ArrayList<>();
    private final boolean victims;

    Faults(World world, long endMicros) {
        this.world = world;
        this.dice = world.dice();
        this.endMicros = endMicros;
        if (dice.chance(ONE_KIND_PER_MILLE)) {
            // What takes one host that is away for long, while all else works, is hidden by other accidents.
            victims = true;
            everyMicros = world.setting().terms().sessionMicros();
            kinds.add(theOnly(world));
            accidents = new Accidents(world, endMicros, 1_000);
        } else {
            victims = false;
            everyMicros = dice.spread(150 * Scheduler.MS, 3 * Scheduler.SECOND);
            for (Fault kind : Fault.values()) {
                if (dice.chance(KIND_PER_MILLE)) {
                    kinds.add(kind);
                }
            }
            accidents = new Accidents(world, endMicros, (int) dice.between(0, LONG_PER_MILLE_MAX));
        }
    }

    /// Of many kinds each with what it is about.
    private static Fault theOnly(World world) {
        int drawn = (int) world.dice().between(1, 20);
        if (drawn <= 3) {
            world.ambush().want(Moment.SWITCH);
            return Fault.FAILOVER_OFF;
        }
        if (drawn <= 6) {
            world.ambush().want(Moment.CLAIM);
            world.trouble().letStray();
            return Fault.HYPERVISOR_DEATH;
        }
        if (drawn <= 10) {
            world.ambush().want(Moment.TAKEOVER);
            return Fault.ZOOKEEPER_CUT;
        }
        return switch (drawn) {
            case 11, 12 -> Fault.AGENT_FREEZE;
            case 13 -> Fault.HOST_FREEZE;
            case 14 -> Fault.AGENT_CRASH;
            case 15 -> Fault.AGENT_UPGRADE;
            default -> Fault.ZOOKEEPER_CUT;
        };
    }

    /// A host that has something to lose, if there is one.
    private SimulatedHost victim() {
        List<SimulatedHost> laden =
                world.hosts().stream().filter(host -> !host.copies().isEmpty()).toList();
        return dice.pick(laden.isEmpty() ? world.hosts() : laden);
    }

    void begin() {
        if (!kinds.isEmpty()) {
            world.clock().after(pause(), this::next);
        }
        world.clock().at(endMicros, this::end);
        world.ambush().lay(accidents);
    }

    private void next() {
        if (!accidents.over()) {
            world.tally().fault();
            accidents.strike(dice.pick(kinds), victims ? victim() : dice.pick(world.hosts()));
            world.clock().after(pause(), this::next);
        }
    }

    private long pause() {
        return dice.between(everyMicros / 4, everyMicros * 2);
    }

    private void end() {
        world.trace().note("", "", "calm", 0, "no accident from here on");
        world.trouble().end();
        world.network().mendAll();
    }
}
