package io.godwit.chaos.simulation;

import io.godwit.storage.fencing.Grant;
import java.util.function.Consumer;

/// An image that only an image server opens. A write reaches it through the export of its writer's grant, or not at
/// all.
final class ServedImage extends Image {
    private static final long RETRY_MICROS = 100 * Scheduler.MS;

    /// As long as QEMU tries to reach an export that it has lost.
    private static final int TRIES_MAX = 300;

    private final World world;
    private final ImageFence fence;

    ServedImage(World world, ImageFence fence) {
        this.world = world;
        this.fence = fence;
    }

    ImageFence fence() {
        return fence;
    }

    @Override
    String stale() {
        return fence.broken().isEmpty() ? super.stale() : fence.broken();
    }

    @Override
    boolean open(Copy copy) {
        return copy.grant() != null;
    }

    @Override
    void close(Copy copy) {}

    @Override
    void write(Copy copy, long record, Consumer<Boolean> written) {
        Grant grant = copy.grant();
        if (grant == null) {
            written.accept(false);
            return;
        }
        trySending(copy, grant, copy.epoch(), record, 1, written);
    }

    private void trySending(Copy copy, Grant grant, long epoch, long record, int attempt, Consumer<Boolean> written) {
        world.clock().after(world.trouble().writeDelay(copy.host().name()) / 2, () -> {
            boolean reached = world.network().reaches(copy.host().name(), Network.STORAGE)
                    && fence.server().up();
            if (reached && !fence.exports(grant)) {
                world.tally().refusedWrite();
                written.accept(false);
            } else if (reached) {
                arrive(copy, grant, epoch, record, attempt, written);
            } else {
                again(copy, grant, epoch, record, attempt, written);
            }
        });
    }

    /// In the server's hands: it ends when it is on the image, or with the daemon that had it.
    private void arrive(Copy copy, Grant grant, long epoch, long record, int attempt, Consumer<Boolean> written) {
        int daemon = fence.begin(grant);
        world.clock()
                .after(
                        world.trouble().writeDelay(copy.host().name()) / 2
                                + fence.server().stalledMicros(),
                        () -> {
                            if (fence.end(grant, daemon)) {
                                land(copy.host().name(), epoch, record);
                                written.accept(true);
                            } else {
                                again(copy, grant, epoch, record, attempt, written);
                            }
                        });
    }

    private void again(Copy copy, Grant grant, long epoch, long record, int attempt, Consumer<Boolean> written) {
        if (attempt == TRIES_MAX || copy.state() == Copy.State.GONE) {
            written.accept(false);
        } else {
            world.clock().after(RETRY_MICROS, () -> trySending(copy, grant, epoch, record, attempt + 1, written));
        }
    }

    @Override
    boolean canWrite(Copy copy) {
        Grant grant = copy.grant();
        return grant != null && ((copy.executes() && fence.exports(grant)) || fence.isBusy(grant));
    }
}
