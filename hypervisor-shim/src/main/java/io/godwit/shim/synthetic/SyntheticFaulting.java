package io.godwit.shim.synthetic;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.SharedGuestMemory;
import java.io.UncheckedIOException;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// What the kernel does for a guest with missing pages: lets who touches a hole wait until it is filled.
/// Everything here happens under the machine's lock, which those who wait give up meanwhile.
final class SyntheticFaulting {
    private final SharedGuestMemory memory;
    private final ReentrantLock lock;
    private final Condition placed;
    private final Condition faulted;

    /// Pages that somebody waits for and that no holder was told yet.
    private final Set<Long> untold = new LinkedHashSet<>();

    /// Pages that somebody waits for, told or not.
    private final Set<Long> awaited = new LinkedHashSet<>();

    private boolean active;
    private @Nullable SyntheticPages holder;

    SyntheticFaulting(SharedGuestMemory memory, ReentrantLock lock) {
        this.memory = memory;
        this.lock = lock;
        this.placed = lock.newCondition();
        this.faulted = lock.newCondition();
    }

    SharedGuestMemory memory() {
        return memory;
    }

    ReentrantLock lock() {
        return lock;
    }

    Condition faulted() {
        return faulted;
    }

    boolean active() {
        return active;
    }

    /// Faults that a former holder was told are told to this one again.
    SyntheticPages hold() {
        active = true;
        untold.addAll(awaited);
        SyntheticPages next = new SyntheticPages(this);
        holder = next;
        return next;
    }

    boolean heldBy(SyntheticPages asking) {
        return holder == asking;
    }

    void letGo(SyntheticPages asking) {
        if (holder == asking) {
            holder = null;
            faulted.signalAll();
        }
    }

    void end() {
        active = false;
        holder = null;
        untold.clear();
        awaited.clear();
        placed.signalAll();
        faulted.signalAll();
    }

    void stateChanged() {
        placed.signalAll();
        faulted.signalAll();
    }

    /// Waits until the page is there.
    ///
    /// @param goOn asked whenever something has changed
    /// @return false if it is not there and `goOn` says no
    boolean touch(long page, BooleanSupplier goOn) {
        while (active && !holdsData(page)) {
            if (!goOn.getAsBoolean()) {
                return false;
            }
            if (awaited.add(page)) {
                untold.add(page);
                faulted.signalAll();
            }
            placed.awaitUninterruptibly();
        }
        return goOn.getAsBoolean();
    }

    /// Moves pages that nobody was told yet to `into`.
    int tell(long[] into) {
        int count = 0;
        var iterator = untold.iterator();
        while (iterator.hasNext() && count < into.length) {
            into[count++] = iterator.next();
            iterator.remove();
        }
        return count;
    }

    void placed(long page) {
        awaited.remove(page);
        untold.remove(page);
        placed.signalAll();
    }

    boolean holdsData(long page) {
        try {
            return memory.holdsData(page);
        } catch (HypervisorException e) {
            throw new UncheckedIOException(e);
        }
    }
}
