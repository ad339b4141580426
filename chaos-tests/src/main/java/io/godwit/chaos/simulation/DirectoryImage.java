package io.godwit.chaos.simulation;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// An image in a shared directory. QEMU's image locks stand in front of it, or nothing does: the argument about owners
/// must not need them. What was written arrives sooner or later, whoever owns the guest by then.
final class DirectoryImage extends Image {
    private final World world;
    private final boolean locks;
    private @Nullable Copy holder;

    DirectoryImage(World world, boolean locks) {
        this.world = world;
        this.locks = locks;
    }

    @Override
    boolean open(Copy copy) {
        if (locks && holder != null && !holder.equals(copy)) {
            return false;
        }
        holder = copy;
        return true;
    }

    @Override
    void close(Copy copy) {
        if (copy.equals(holder)) {
            holder = null;
        }
    }

    @Override
    void write(Copy copy, long record, Consumer<Boolean> written) {
        long epoch = copy.epoch();
        world.clock().after(world.trouble().writeDelay(copy.host().name()), () -> {
            land(copy.host().name(), epoch, record);
            written.accept(true);
        });
    }

    @Override
    boolean canWrite(Copy copy) {
        return copy.executes() || copy.isWriting();
    }
}
