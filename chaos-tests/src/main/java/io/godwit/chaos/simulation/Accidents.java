package io.godwit.chaos.simulation;

import java.util.List;

/// Brings accidents about, each for as long as chance wants. When, and to whom, is for [Faults] and [Ambush] to say.
final class Accidents {
    private static final int SLOW_FIRST_PER_MILLE = 500;
    private static final int OFF_FOR_GOOD_PER_MILLE = 100;
    private static final int AGENT_AWAY_PER_MILLE_MAX = 400;
    private static final long SHORTEST_MICROS = 5 * Scheduler.MS;
    private static final long STALL_MICROS_MAX = 10 * Scheduler.SECOND;
    private static final long GUARDLESS_MICROS_MAX = 8 * Scheduler.SECOND;
    private static final long GUARD_WAIT_MICROS = 100 * Scheduler.MS;
    private static final int GUARDLESS_PER_MILLE = 150;
    private static final long UPGRADE_MICROS_MAX = 15 * Scheduler.SECOND;
    private static final long LEADERLESS_MICROS_MAX = 3 * Scheduler.SECOND;
    private static final long BOOT_MICROS_MAX = 16 * Scheduler.SECOND;

    private final World world;
    private final Dice dice;
    private final long endMicros;
    private final long sessionMicros;
    private final long takenOverMicros;
    private final int longPerMille;
    private final int stormPerMille;
    private boolean anyLost;

    /// @param longPerMille how many of the accidents last for longer than anybody waits
    Accidents(World world, long endMicros, int longPerMille) {
        this.world = world;
        this.dice = world.dice();
        this.endMicros = endMicros;
        this.sessionMicros = world.setting().terms().sessionMicros();
        this.longPerMille = longPerMille;
        // Until others have its guests.
        this.takenOverMicros = sessionMicros + world.setting().terms().times().takeoverWaitMs() * Scheduler.MS;
        this.stormPerMille = longPerMille == 1_000 || dice.chance(500) ? (int) dice.between(200, 900) : 0;
    }

    boolean over() {
        return world.clock().nowMicros() >= endMicros;
    }

    void strike(Fault kind, SimulatedHost host) {
        switch (kind) {
            case AGENT_CRASH ->
                crashAgent(
                        host,
                        dice.chance(longPerMille * AGENT_AWAY_PER_MILLE_MAX / 1_000)
                                ? lasting(2 * takenOverMicros)
                                : dice.spread(200 * Scheduler.MS, 4 * Scheduler.SECOND));
            case AGENT_UPGRADE -> upgradeAgent(host);
            case GUARD_DEATH -> killGuard(host, lasting(GUARDLESS_MICROS_MAX));
            case AGENT_FREEZE -> freezeAgent(host, lasting(2 * takenOverMicros));
            case HOST_FREEZE -> freeze(host, lasting(2 * takenOverMicros));
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
                long micros = lasting(2 * sessionMicros);
                cut(host.name(), other.name(), micros);
                cut(other.name(), host.name(), micros);
            }
            case ONE_WAY_PARTITION -> cut(host.name(), dice.pick(world.hosts()).name(), lasting(2 * sessionMicros));
            case ZOOKEEPER_CUT -> isolate(host);
            case LEADER_CHANGE -> world.keeper().sessions().electLeader(lasting(LEADERLESS_MICROS_MAX));
            case FOLLOWER_CUT -> world.keeper().sessions().cutFollower(lasting(2 * sessionMicros));
            case SESSION_EXPIRY -> {
                if (!world.setting().leaseEnforced()) {
                    world.keeper().sessions().expire(host);
                }
            }
            case STORAGE_STALL -> stallStorage(host);
            case STORAGE_DAEMON_CRASH -> world.imageServer().restartDaemon(lasting(STALL_MICROS_MAX));
            case STORAGE_AGENT_CRASH -> world.imageServer().restartAgent(lasting(STALL_MICROS_MAX));
            case STORAGE_CUT -> cutFrom(Network.STORAGE, host.name(), lasting(2 * sessionMicros));
            case FAILOVER_OFF -> switchOff();
        }
    }

    /// Most accidents are short, some are longer than anybody waits; all end soon after the trouble.
    private long lasting(long microsMax) {
        return capped(
                dice.chance(longPerMille)
                        ? dice.between(microsMax / 3, microsMax)
                        : dice.spread(SHORTEST_MICROS, microsMax));
    }

    private long capped(long micros) {
        long left = endMicros - world.clock().nowMicros() + Scheduler.SECOND;
        return Math.min(left, micros);
    }

    /// Longer than it takes others to have its guests.
    long untilTakenOver() {
        return capped(dice.between(takenOverMicros, 2 * takenOverMicros));
    }

    void crashAgent(SimulatedHost host, long downMicros) {
        if (guarded(host)) {
            host.killAgent();
            host.local(downMicros, host::startAgent);
        }
    }

    private void upgradeAgent(SimulatedHost host) {
        Agent agent = host.agent();
        if (agent != null && guarded(host)) {
            long down = capped(dice.spread(200 * Scheduler.MS, UPGRADE_MICROS_MAX));
            agent.endInOrder(() -> endAgent(host, down));
        }
    }

    private void endAgent(SimulatedHost host, long downMicros) {
        if (guarded(host)) {
            host.killAgent();
            host.local(downMicros, host::startAgent);
        } else {
            host.local(GUARD_WAIT_MICROS, () -> endAgent(host, downMicros));
        }
    }

    /// Of guard and agent one is always there: without both, nothing but a watchdog stops guests.
    private static boolean guarded(SimulatedHost host) {
        return host.guard().covers();
    }

    private void killGuard(SimulatedHost host, long micros) {
        Agent agent = host.agent();
        if (world.setting().leaseEnforced() && agent != null && agent.ready() && !agent.frozen() && guarded(host)) {
            host.guard().die(capped(micros));
            agent.guardLost();
        }
    }

    void freezeAgent(SimulatedHost host, long micros) {
        Agent agent = host.agent();
        if (agent != null && guarded(host)) {
            agent.freeze(capped(micros));
            perhapsStorm(host, micros);
        }
    }

    private void freeze(SimulatedHost host, long micros) {
        long most = world.setting().freezesOutliveLeases() ? micros : host.untilDeadlineMicros();
        if (most > SHORTEST_MICROS && guarded(host)) {
            host.freeze(Math.min(micros, most));
        }
    }

    void reboot(SimulatedHost host) {
        if (host.up()) {
            host.powerOff(false);
            long down = dice.spread(world.setting().bootMicrosMin(), BOOT_MICROS_MAX);
            world.clock().after(down, () -> {
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

    /// A link that is about to fail is often slow first.
    private void isolate(SimulatedHost host) {
        boolean slowFirst = dice.chance(SLOW_FIRST_PER_MILLE);
        if (slowFirst) {
            world.trouble().slowAnswers(host.name());
        }
        long micros = lasting(2 * takenOverMicros);
        world.clock().after(slowFirst ? dice.between(sessionMicros / 3, sessionMicros) : 0, () -> {
            if (!over()) {
                cutFrom(Network.ZOOKEEPER, host.name(), micros);
                perhapsStorm(host, micros);
                if (dice.chance(GUARDLESS_PER_MILLE)) {
                    killGuard(host, micros);
                }
            }
        });
    }

    void cutBothWays(SimulatedHost host, long micros) {
        cut(host.name(), Network.ZOOKEEPER, micros);
        cut(Network.ZOOKEEPER, host.name(), micros);
    }

    /// What takes a host from ZooKeeper often takes it from the storage too, or makes that slow, until after its guests
    /// have been paused.
    private void perhapsStorm(SimulatedHost host, long micros) {
        if (dice.chance(stormPerMille)) {
            world.clock().after(dice.between(0, sessionMicros / 2), () -> {
                if (!over()) {
                    stallStorage(host);
                    world.trouble().slowWrites(host.name());
                    world.clock().after(micros, () -> world.trouble().mendWrites(host.name()));
                }
            });
        }
    }

    /// A directory is slow for one host, and no slower than a lease allows for; an image server stalls for all.
    private void stallStorage(SimulatedHost host) {
        long micros = lasting(STALL_MICROS_MAX);
        if (world.setting().storage() == Setting.Storage.SERVER) {
            world.imageServer().stall(micros);
        } else {
            world.trouble().slowWrites(host.name());
            world.clock().after(micros, () -> world.trouble().mendWrites(host.name()));
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
                            dice.spread(Scheduler.SECOND, 2 * sessionMicros),
                            () -> world.keeper().hosts().setFailover(true));
        }
    }

    private void cut(String from, String to, long micros) {
        if (!from.equals(to)) {
            world.network().cut(from, to);
            world.clock().after(micros, () -> world.network().mend(from, to));
        }
    }
}
