package io.godwit.chaos.simulation;

import java.util.ArrayList;
import java.util.List;

/// The machine that serves the images: an agent that knows the fences, and a daemon that has the exports. Either can be
/// restarted, and the daemon can stand still.
final class ImageServer {
    private final World world;
    private final List<ImageFence> fences = new ArrayList<>();
    private long stalledUntil;
    private int daemon = 1;
    private int agent = 1;
    private boolean daemonUp = true;
    private boolean agentUp = true;

    ImageServer(World world) {
        this.world = world;
    }

    ImageFence newFence() {
        ImageFence fence = new ImageFence(world, this);
        fences.add(fence);
        return fence;
    }

    /// Whether the daemon runs.
    boolean up() {
        return daemonUp;
    }

    boolean agentUp() {
        return agentUp;
    }

    /// Which daemon it is: each restart makes another.
    int daemon() {
        return daemon;
    }

    /// Which agent it is.
    int agent() {
        return agent;
    }

    long stalledMicros() {
        return Math.max(0, stalledUntil - world.clock().nowMicros());
    }

    void stall(long micros) {
        world.trace().note(Network.STORAGE, "", "stalled", micros, micros + " us");
        stalledUntil = Math.max(stalledUntil, world.clock().nowMicros() + micros);
    }

    void restartDaemon(long downMicros) {
        if (daemonUp) {
            world.trace().note(Network.STORAGE, "", "daemon dies", downMicros, downMicros + " us");
            daemonUp = false;
            fences.forEach(ImageFence::loseDaemon);
            world.clock().after(downMicros, () -> {
                daemonUp = true;
                daemon++;
                fences.forEach(ImageFence::daemonBack);
            });
        }
    }

    void restartAgent(long downMicros) {
        if (agentUp) {
            world.trace().note(Network.STORAGE, "", "agent dies", downMicros, downMicros + " us");
            agentUp = false;
            agent++;
            world.clock().after(downMicros, () -> {
                agentUp = true;
                fences.forEach(ImageFence::beginAnew);
            });
        }
    }
}
