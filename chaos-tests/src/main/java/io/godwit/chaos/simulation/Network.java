package io.godwit.chaos.simulation;

import java.util.HashSet;
import java.util.Set;

/// Who reaches whom. A cut has a direction: what goes out may arrive though no answer comes back.
final class Network {
    static final String ZOOKEEPER = "zk";
    static final String STORAGE = "st";

    private final World world;
    private final Set<Cut> cuts = new HashSet<>();

    private record Cut(String from, String to) {}

    Network(World world) {
        this.world = world;
    }

    void cut(String from, String to) {
        world.trace().note(from, "", "cut off", 0, "from " + to);
        cuts.add(new Cut(from, to));
    }

    void mend(String from, String to) {
        if (cuts.remove(new Cut(from, to))) {
            world.trace().note(from, "", "reaches", 0, to);
            world.trouble().mend(from);
            world.trouble().mend(to);
        }
    }

    void mendAll() {
        cuts.clear();
    }

    boolean reaches(String from, String to) {
        return cuts.isEmpty() || !cuts.contains(new Cut(from, to));
    }

    /// The message arrives once, twice, late, out of order, or never.
    void send(SimulatedHost from, SimulatedHost to, Message message) {
        if (world.trouble().loses()) {
            world.trace().note(from.name(), "", "lost", 0, message);
            return;
        }
        arriveLater(from, to, message);
        if (world.trouble().doubles()) {
            arriveLater(from, to, message);
        }
    }

    private void arriveLater(SimulatedHost from, SimulatedHost to, Message message) {
        world.clock().after(world.trouble().messageDelay(), () -> {
            Agent agent = to.agent();
            if (!reaches(from.name(), to.name()) || !to.up()) {
                return;
            }
            if (agent != null) {
                agent.deliver(() -> agent.receive(from, message));
            } else if (!(message instanceof Message.Reset)) {
                send(to, from, new Message.Reset(message.migration()));
            }
        });
    }
}
