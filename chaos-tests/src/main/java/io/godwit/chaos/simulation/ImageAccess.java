package io.godwit.chaos.simulation;

import io.godwit.chaos.simulation.ImageFence.Reply;
import io.godwit.storage.fencing.FenceRequest;
import io.godwit.storage.fencing.Grant;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/// An agent's requests to the image server. Images in a directory need none.
final class ImageAccess {
    private static final long PATIENCE_MICROS = 2 * Scheduler.SECOND;
    private static final long RETRY_MICROS = 200 * Scheduler.MS;
    private static final int PREPARE_TRIES = 3;

    private final World world;
    private final Agent agent;

    ImageAccess(World world, Agent agent) {
        this.world = world;
        this.agent = agent;
    }

    /// For the target of a migration: an export that disturbs nobody.
    ///
    /// @param then told whether it is there
    void prepare(SimulatedGuest guest, Grant grant, Consumer<Boolean> then) {
        ask(guest, id -> new FenceRequest.Prepare(id, grant), PREPARE_TRIES, then);
    }

    /// For the owner, before the guest runs: from then on nobody else writes. Tries until it is certain.
    ///
    /// @param then told whether this grant is the one; if not, a newer one is
    void activate(SimulatedGuest guest, Grant grant, Consumer<Boolean> then) {
        ask(guest, id -> new FenceRequest.Activate(id, grant), Integer.MAX_VALUE, then);
    }

    void withdraw(SimulatedGuest guest, Grant grant) {
        ask(guest, id -> new FenceRequest.Withdraw(id, grant), 1, _ -> {});
    }

    private void ask(SimulatedGuest guest, LongFunction<FenceRequest> request, int tries, Consumer<Boolean> then) {
        if (!(guest.image() instanceof ServedImage image)) {
            then.accept(true);
            return;
        }
        boolean[] over = {false};
        Runnable again = () -> {
            if (tries > 1) {
                agent.later(RETRY_MICROS, () -> ask(guest, request, tries - 1, then));
            } else {
                then.accept(false);
            }
        };
        Consumer<Reply> heard = reply -> agent.deliver(() -> {
            if (over[0]) {
                return;
            }
            over[0] = true;
            switch (reply) {
                case DONE -> then.accept(true);
                case NEVER -> then.accept(false);
                case NOT_NOW -> again.run();
            }
        });
        send(image.fence(), request, heard);
        agent.later(PATIENCE_MICROS, () -> {
            if (!over[0]) {
                over[0] = true;
                again.run();
            }
        });
    }

    /// A request can arrive late, and twice: it is the fence that must not be confused by it.
    private void send(ImageFence fence, LongFunction<FenceRequest> request, Consumer<Reply> heard) {
        if (world.trouble().loses()) {
            return;
        }
        arriveLater(fence, request, heard);
        if (world.trouble().doubles()) {
            arriveLater(fence, request, _ -> {});
        }
    }

    private void arriveLater(ImageFence fence, LongFunction<FenceRequest> request, Consumer<Reply> heard) {
        world.clock().after(world.trouble().messageDelay(), () -> {
            if (world.network().reaches(agent.name(), Network.STORAGE)) {
                fence.ask(request, reply -> {
                    if (world.network().reaches(Network.STORAGE, agent.name())
                            && !world.trouble().loses()) {
                        world.clock().after(world.trouble().messageDelay(), () -> heard.accept(reply));
                    }
                });
            }
        });
    }
}
