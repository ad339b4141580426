package io.godwit.chaos.simulation;

import java.util.List;
import java.util.stream.IntStream;

/// All parts of one simulated data centre.
final class World {
    private static final int HOSTS = 3;

    /// A clock may be wrong by a fifth.
    private static final int DRIFT_PERCENT_MAX = 20;

    private final PlantedBug bug;
    private final Scheduler clock = new Scheduler();
    private final Dice dice;
    private final Trace trace;
    private final Trouble trouble;
    private final Tally tally = new Tally();
    private final Network network = new Network(this);
    private final Keeper keeper = new Keeper(this);
    private final List<SimulatedHost> hosts;
    private final List<SimulatedGuest> guests;

    World(long seed, PlantedBug bug, boolean recording) {
        this.bug = bug;
        dice = new Dice(seed);
        trace = new Trace(clock, recording);
        trouble = new Trouble(dice);
        hosts = IntStream.rangeClosed(1, HOSTS)
                .mapToObj(i -> new SimulatedHost(this, "h" + i, clockRate()))
                .toList();
        boolean locks = dice.chance(500);
        guests = List.of(
                new SimulatedGuest("web1", "10.0.0.1", false, new Image(locks)),
                new SimulatedGuest("web2", "10.0.0.2", false, new Image(locks)),
                new SimulatedGuest("thief", "10.0.0.1", true, new Image(locks)));
    }

    private double clockRate() {
        return 1 + dice.between(-DRIFT_PERCENT_MAX, DRIFT_PERCENT_MAX) / 100.0;
    }

    PlantedBug bug() {
        return bug;
    }

    Scheduler clock() {
        return clock;
    }

    Dice dice() {
        return dice;
    }

    Trace trace() {
        return trace;
    }

    Trouble trouble() {
        return trouble;
    }

    Tally tally() {
        return tally;
    }

    Network network() {
        return network;
    }

    Keeper keeper() {
        return keeper;
    }

    List<SimulatedHost> hosts() {
        return hosts;
    }

    List<SimulatedGuest> guests() {
        return guests;
    }
}
