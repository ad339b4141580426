package io.godwit.chaos.simulation;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// All parts of one simulated data centre.
final class World {
    private static final int HOSTS = 3;

    private final PlantedBug bug;
    private final Scheduler clock = new Scheduler();
    private final Dice dice;
    private final Setting setting;
    private final Trace trace;
    private final Trouble trouble;
    private final Ambush ambush;
    private final Tally tally = new Tally();
    private final Network network = new Network(this);
    private final Keeper keeper;
    private final ImageServer imageServer = new ImageServer(this);
    private final Map<String, SimulatedHost> hostsByName = new HashMap<>();
    private final List<SimulatedHost> hosts;
    private final List<SimulatedGuest> guests;
    private int processes;

    World(long seed, PlantedBug bug, boolean recording) {
        this(seed, bug, recording, null);
    }

    /// @param fixed null to let the seed decide
    World(long seed, PlantedBug bug, boolean recording, @Nullable Setting fixed) {
        this.bug = bug;
        dice = new Dice(seed);
        trace = new Trace(clock, recording);
        Setting drawn = Setting.drawn(dice);
        setting = fixed == null ? drawn : fixed;
        trouble = new Trouble(dice, setting);
        ambush = new Ambush(this);
        keeper = new Keeper(this);
        hosts = IntStream.rangeClosed(1, HOSTS)
                .mapToObj(i -> new SimulatedHost(this, "h" + i, setting.clockRate(dice)))
                .toList();
        hosts.forEach(host -> hostsByName.put(host.name(), host));
        guests = List.of(
                new SimulatedGuest("web1", "10.0.0.1", false, newImage()),
                new SimulatedGuest("web2", "10.0.0.2", false, newImage()),
                new SimulatedGuest("thief", "10.0.0.1", true, newImage()));
    }

    private Image newImage() {
        return switch (setting.storage()) {
            case PLAIN -> new DirectoryImage(this, false);
            case LOCKED -> new DirectoryImage(this, true);
            case SERVER -> {
                ImageFence fence = imageServer.newFence();
                fence.beginAnew();
                yield new ServedImage(this, fence);
            }
        };
    }

    ImageServer imageServer() {
        return imageServer;
    }

    PlantedBug bug() {
        return bug;
    }

    Setting setting() {
        return setting;
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

    Ambush ambush() {
        return ambush;
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

    SimulatedHost host(String name) {
        return Objects.requireNonNull(hostsByName.get(name), name);
    }

    /// The next process identifier, which is never given twice.
    int nextProcess() {
        return ++processes;
    }

    List<SimulatedGuest> guests() {
        return guests;
    }
}
