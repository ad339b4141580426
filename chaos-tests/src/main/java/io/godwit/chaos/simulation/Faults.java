package io.godwit.chaos.simulation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Makes accidents happen until the trouble is over, each for as long as chance wants.
final class Faults {
    private static final int LONG_PER_MILLE_MAX = 900;
    private static final int ISOLATION_PER_MILLE = 250;
    private static final int KIND_PER_MILLE = 450;
    private static final long FREEZE_MICROS_MAX = 30 * Scheduler.SECOND;
    private static final long CUT_MICROS_MAX = 12 * Scheduler.SECOND;
    private static final int SLOW_FIRST_PER_MILLE = 500;
    private static final long STALL_MICROS_MAX = 10 * Scheduler.SECOND;
    private static final int OFF_FOR_GOOD_PER_MILLE = 100;
    private static final long LEADERLESS_MICROS_MAX = 3 * Scheduler.SECOND;

    private final World world;
    private final Dice dice;
    private final long endMicros;
    private final long everyMicros;
    private final int longPerMille;
    private final List<Fault> kinds = new ArrayList<>();
    private @Nullable SimulatedHost victim;
    private boolean anyLost;

    Faults(World world, long endMicros) {
        this.world = world;
        this.dice = world.dice();
        this.endMicros = endMicros;
        if (dice.chance(ISOLATION_PER_MILLE)) {
            // What takes one host that is away for long, while all else works, is hidden by other accidents.
            this.victim = dice.pick(world.hosts());
            this.everyMicros = 6 * Scheduler.SECOND;
            this.longPerMille = 1_000;
            kinds.add(Fault.ZOOKEEPER_CUT);
            return;
        }
        this.everyMicros = dice.spread(150 * Scheduler.MS, 3 * Scheduler.SECOND);
        this.longPerMille = (int) dice.between(0, LONG_PER_MILLE_MAX);
        for (Fault kind : Fault.values()) {
            if (dice.chance(KIND_PER_MILLE)) {
                kinds.add(kind);
            }
        }
    }

    void begin() {
        if (!kinds.isEmpty()) {
            world.clock().after(pause(), this::next);
        }
        world.clock().at(endMicros, this::end);
    }

    private void next() {
        if (world.clock().nowMicros() < endMicros) {
            world.tally().fault();
            strike(dice.pick(kinds), victim == null ? dice.pick(world.hosts()) : victim);
            world.clock().after(pause(), this::next);
        }
    }

    private long pause() {
        return dice.between(everyMicros / 4, everyMicros * 2);
    }

    private void strike(Fault kind, SimulatedHost host) {
        switch (kind) {
            case AGENT_CRASH -> {
                host.killAgent();
                host.local(dice.spread(200 * Scheduler.MS, 4 * Scheduler.SECOND), host::startAgent);
            }
            case AGENT_FREEZE -> {
                Agent agent = host.agent();
                if (agent != null) {
                    agent.freeze(lasting(FREEZE_MICROS_MAX));
                }
            }
            case HOST_FREEZE -> host.freeze(lasting(world.setting().hostFreezeMicrosMax()));
            case HOST_REBOOT -> reboot(host);
            case HOST_LOST -> {
                if (!anyLost && host.up() && world.clock().nowMicros() > endMicros / 4) {
                    anyLost = true;
                    host.powerOff(true);
                }
            }
            case HYPERVISOR_DEATH -> killOne(host);
            case PARTITION -> {
                SimulatedHost other = dice.pick(world.hosts());
                long micros = lasting(CUT_MICROS_MAX);
                cut(host.name(), other.name(), micros);
                cut(other.name(), host.name(), micros);
            }
            case ONE_WAY_PARTITION -> cut(host.name(), dice.pick(world.hosts()).name(), lasting(CUT_MICROS_MAX));
            case ZOOKEEPER_CUT -> {
                // A link that is about to fail is often slow first.
                world.trouble().slowAnswers(host.name(), SLOW_FIRST_PER_MILLE);
                long micros = lasting(CUT_MICROS_MAX);
                world.clock().after(dice.between(0, 5 * Scheduler.SECOND), () -> {
                    if (world.clock().nowMicros() < endMicros) {
                        cutFrom(Network.ZOOKEEPER, host.name(), micros);
                    }
                });
            }
            case LEADER_CHANGE -> world.keeper().sessions().electLeader(lasting(LEADERLESS_MICROS_MAX));
            case FOLLOWER_CUT -> world.keeper().sessions().cutFollower(lasting(CUT_MICROS_MAX));
            case SESSION_EXPIRY -> {
                if (!world.setting().leaseEnforced()) {
                    world.keeper().sessions().expire(host);
                }
            }
            case STORAGE_STALL -> world.imageServer().stall(lasting(STALL_MICROS_MAX));
            case STORAGE_DAEMON_CRASH -> world.imageServer().restartDaemon(lasting(STALL_MICROS_MAX));
            case STORAGE_AGENT_CRASH -> world.imageServer().restartAgent(lasting(STALL_MICROS_MAX));
            case STORAGE_CUT -> cutFrom(Network.STORAGE, host.name(), lasting(CUT_MICROS_MAX));
            case FAILOVER_OFF -> switchOff();
        }
    }

    /// Most accidents are short, some are longer than anybody waits; all end soon after the trouble.
    private long lasting(long microsMax) {
        long left = endMicros - world.clock().nowMicros() + Scheduler.SECOND;
        long micros = dice.chance(longPerMille)
                ? dice.between(microsMax / 2, microsMax)
                : dice.spread(5 * Scheduler.MS, microsMax);
        return Math.min(left, micros);
    }

    private void reboot(SimulatedHost host) {
        if (host.up()) {
            host.powerOff(false);
            world.clock().after(dice.between(4, 16) * Scheduler.SECOND, () -> {
                host.powerOn();
                host.startAgent();
            });
        }
    }

    private void killOne(SimulatedHost host) {
        List<Copy> copies = List.copyOf(host.copies().values());
        if (!copies.isEmpty()) {
            Copy copy = dice.pick(copies);
            copy.die();
            host.tellOfEnd(copy);
        }
    }

    private void cutFrom(String service, String host, long micros) {
        long direction = dice.between(0, 2);
        if (direction != 1) {
            cut(host, service, micros);
        }
        if (direction != 0) {
            cut(service, host, micros);
        }
    }

    private void switchOff() {
        world.keeper().hosts().setFailover(false);
        if (!dice.chance(OFF_FOR_GOOD_PER_MILLE)) {
            world.clock()
                    .after(
                            dice.spread(Scheduler.SECOND, CUT_MICROS_MAX),
                            () -> world.keeper().hosts().setFailover(true));
        }
    }

    private void cut(String from, String to, long micros) {
        if (!from.equals(to)) {
            world.network().cut(from, to);
            world.clock().after(micros, () -> world.network().mend(from, to));
        }
    }

    private void end() {
        world.trace().note("", "", "calm", 0, "no accident from here on");
        world.trouble().end();
        world.network().mendAll();
    }
}
