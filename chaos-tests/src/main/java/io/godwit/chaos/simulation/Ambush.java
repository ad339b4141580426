package io.godwit.chaos.simulation;

import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Accidents that wait for their [Moment]. Each seed draws for which ones, and how often they strike then.
final class Ambush {
    private static final int NONE_OF_THREE = 1;
    private static final int MOMENT_PER_MILLE = 500;
    private static final int STRIKE_PER_MILLE_MIN = 100;
    private static final int STRIKE_PER_MILLE_MAX = 700;
    private static final int WANTED_PER_MILLE = 600;
    private static final long BACK_MICROS_MAX = 1_500 * Scheduler.MS;
    private static final long HESITATION_MICROS_MIN = 100 * Scheduler.MS;

    private final World world;
    private final Dice dice;
    private final Map<Moment, Integer> perMille = new EnumMap<>(Moment.class);
    private @Nullable Accidents accidents;

    Ambush(World world) {
        this.world = world;
        this.dice = world.dice();
        if (dice.between(1, 3) > NONE_OF_THREE) {
            for (Moment moment : Moment.values()) {
                if (dice.chance(MOMENT_PER_MILLE)) {
                    perMille.put(moment, (int) dice.between(STRIKE_PER_MILLE_MIN, STRIKE_PER_MILLE_MAX));
                }
            }
        }
    }

    /// This run is about this moment.
    void want(Moment moment) {
        perMille.put(moment, WANTED_PER_MILLE);
    }

    /// Before this nothing strikes.
    void lay(Accidents how) {
        accidents = how;
    }

    /// @param host whose moment it is
    void at(Moment moment, SimulatedHost host) {
        at(moment, host, host);
    }

    /// @param other whom it is about besides
    void at(Moment moment, SimulatedHost host, SimulatedHost other) {
        Accidents how = accidents;
        if (how == null || how.over() || !dice.chance(perMille.getOrDefault(moment, 0))) {
            return;
        }
        world.tally().fault();
        world.trace().note(host.name(), "", "ambush", 0, moment);
        switch (moment) {
            case CLAIM -> beforeItKnows(how, host);
            case TAKEOVER -> {
                how.freezeAgent(
                        host,
                        dice.spread(
                                HESITATION_MICROS_MIN, world.setting().terms().sessionMicros()));
                world.clock().after(dice.between(0, BACK_MICROS_MAX), () -> comeBack(other));
            }
            case TAKEN_OVER, SWITCH -> away(how, host);
        }
    }

    /// The request is under way.
    private void beforeItKnows(Accidents how, SimulatedHost host) {
        world.clock().after(dice.spread(100, 5 * Scheduler.MS), () -> {
            if (how.over()) {
                return;
            }
            switch ((int) dice.between(1, 6)) {
                case 1 -> how.reboot(host);
                case 2 -> how.cutBothWays(host, how.untilTakenOver());
                default -> how.crashAgent(host, dice.spread(100 * Scheduler.MS, Scheduler.SECOND));
            }
        });
    }

    private void comeBack(SimulatedHost host) {
        world.network().mend(host.name(), Network.ZOOKEEPER);
        world.network().mend(Network.ZOOKEEPER, host.name());
        Agent agent = host.agent();
        if (agent != null) {
            agent.thaw();
        }
    }

    private void away(Accidents how, SimulatedHost host) {
        long micros = how.untilTakenOver();
        switch ((int) dice.between(1, 4)) {
            case 1 -> how.crashAgent(host, micros);
            case 2 -> how.cutBothWays(host, micros);
            case 3 -> how.reboot(host);
            default -> how.freezeAgent(host, micros);
        }
    }
}
