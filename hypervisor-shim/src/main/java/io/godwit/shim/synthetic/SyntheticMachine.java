package io.godwit.shim.synthetic;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.godwit.shim.DeviceState;
import io.godwit.shim.Guest.EndReason;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import io.godwit.shim.RunState;
import io.godwit.shim.linux.SharedGuestMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What would be the hypervisor's process: memory, run state, and the thread that stands for the guest's processor.
/// Every write happens under the lock, so whoever holds it and has set the state to anything but running knows that
/// none is in flight.
final class SyntheticMachine {
    private static final long TICK_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long BACKLOG_NS_MAX = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int PAGES_PER_LOCK = 64;

    private final GuestSpec spec;
    private final SharedGuestMemory memory;
    private final SyntheticFaults faults;
    // Fair, or a busy writer could keep a pause waiting for ever.
    private final ReentrantLock lock = new ReentrantLock(true);
    private final Condition stateChanged = lock.newCondition();
    private final SyntheticFaulting faulting;
    private final CompletableFuture<EndReason> gone = new CompletableFuture<>();
    private RunState state;
    private SyntheticWorkload workload;
    private WritePattern pattern;
    private long steps;
    private long saves;
    private int holders;
    private volatile @Nullable SyntheticTracker tracker;
    private volatile int throttlePercent;

    SyntheticMachine(
            GuestSpec spec,
            SharedGuestMemory memory,
            SyntheticWorkload workload,
            SyntheticFaults faults,
            RunState state) {
        this.spec = spec;
        this.memory = memory;
        this.faults = faults;
        this.workload = workload;
        this.pattern = new WritePattern(workload, memory.pageCount());
        this.faulting = new SyntheticFaulting(memory, lock);
        this.state = state;
        if (state == RunState.PAUSED) {
            for (long page = 0; page < pattern.filledPages(); page++) {
                pattern.writeFilled(memory.pages(page, 1), page);
            }
        }
        Thread.ofPlatform().daemon().name("godwit-synthetic-" + spec.name()).start(this::runProcessor);
    }

    GuestSpec spec() {
        return spec;
    }

    SharedGuestMemory memory() {
        return memory;
    }

    CompletableFuture<EndReason> gone() {
        return gone;
    }

    RunState state() {
        lock.lock();
        try {
            return state;
        } finally {
            lock.unlock();
        }
    }

    void pause() throws HypervisorException {
        faults.before(SyntheticOperation.PAUSE);
        lock.lock();
        try {
            require("paused", RunState.RUNNING, RunState.PAUSED);
            enter(RunState.PAUSED);
        } finally {
            lock.unlock();
        }
    }

    void throttle(int percent) {
        throttlePercent = percent;
    }

    int throttlePercent() {
        return throttlePercent;
    }

    void resume() throws HypervisorException {
        faults.before(SyntheticOperation.RESUME);
        lock.lock();
        try {
            require("resumed", RunState.PAUSED, RunState.RUNNING);
            enter(RunState.RUNNING);
        } finally {
            lock.unlock();
        }
    }

    /// Writes to the last page, as QEMU may write to its guest's memory when it saves its devices.
    DeviceState save() throws HypervisorException {
        faults.before(SyntheticOperation.SAVE_DEVICE_STATE);
        lock.lock();
        try {
            require("saved", RunState.PAUSED, RunState.PAUSED);
            saves++;
            long page = memory.pageCount() - 1;
            writeTracked(page, () -> memory.pages(page, 1).set(JAVA_LONG, 0, saves));
            return new SyntheticState(workload, spec.memoryBytes(), steps, saves).encode();
        } finally {
            lock.unlock();
        }
    }

    void load(DeviceState bytes) throws HypervisorException {
        faults.before(SyntheticOperation.LOAD_DEVICE_STATE);
        lock.lock();
        try {
            require("loaded", RunState.INCOMING, RunState.INCOMING);
            SyntheticState loaded = SyntheticState.decode(bytes);
            if (loaded.memoryBytes() != spec.memoryBytes()) {
                throw new HypervisorException("The device state belongs to a guest of another size: "
                        + loaded.memoryBytes() + " instead of " + spec.memoryBytes() + " bytes");
            }
            workload = loaded.workload();
            pattern = new WritePattern(workload, memory.pageCount());
            // As QEMU does, whose devices look at their queues in the guest's memory.
            if (!faulting.touch(memory.pageCount() - 1, () -> state != RunState.GONE)) {
                throw new HypervisorException("There is no guest any more: " + spec.name());
            }
            steps = loaded.steps();
            saves = loaded.saves();
            enter(RunState.PAUSED);
        } finally {
            lock.unlock();
        }
    }

    SyntheticPages missingPages() throws HypervisorException {
        faults.before(SyntheticOperation.MISSING_PAGES);
        lock.lock();
        try {
            if (!faulting.active()) {
                require("run with pages missing", RunState.INCOMING, RunState.INCOMING);
            }
            return faulting.hold();
        } finally {
            lock.unlock();
        }
    }

    boolean missesPages() {
        lock.lock();
        try {
            return faulting.active();
        } finally {
            lock.unlock();
        }
    }

    SyntheticTracker track() throws HypervisorException {
        faults.before(SyntheticOperation.TRACK);
        lock.lock();
        try {
            if (state == RunState.GONE) {
                throw new HypervisorException("There is no guest any more: " + spec.name());
            }
            if (faulting.active()) {
                throw new HypervisorException("Pages of the guest's memory are still on their way: " + spec.name());
            }
            SyntheticTracker started = new SyntheticTracker(this, memory.pageCount());
            tracker = started;
            return started;
        } finally {
            lock.unlock();
        }
    }

    void beforeScan(SyntheticTracker asking) throws HypervisorException {
        faults.before(SyntheticOperation.SCAN);
        if (tracker != asking) {
            throw new HypervisorException("The tracker is closed or was replaced: " + spec.name());
        }
        if (state() == RunState.GONE) {
            throw new HypervisorException("There is no guest any more: " + spec.name());
        }
    }

    void stopTracking(SyntheticTracker asking) {
        lock.lock();
        try {
            if (tracker == asking) {
                tracker = null;
            }
        } finally {
            lock.unlock();
        }
    }

    /// Ends the guest from within: it powered itself off, or crashed with nothing left of it.
    void end(EndReason reason) {
        lock.lock();
        try {
            if (state != RunState.GONE) {
                enter(reason == EndReason.POWEROFF ? RunState.SHUTDOWN : RunState.GONE);
            }
        } finally {
            lock.unlock();
        }
        gone.complete(reason);
        unmapIfUnused();
    }

    void hold() {
        lock.lock();
        try {
            holders++;
        } finally {
            lock.unlock();
        }
    }

    void release() {
        lock.lock();
        try {
            holders--;
        } finally {
            lock.unlock();
        }
        unmapIfUnused();
    }

    /// Compares all memory with what the guest has written to it.
    ///
    /// @return one sentence a wrong page, at most `limit`
    List<String> check(int limit) {
        lock.lock();
        try {
            List<String> wrong = new ArrayList<>();
            MemorySegment expected = MemorySegment.ofArray(new long[GuestMemory.PAGE_BYTES / Long.BYTES]);
            PageBitmap checked = new PageBitmap(memory.pageCount());
            pattern.forEachWritten(steps, (page, lastStep) -> {
                pattern.write(expected, page, lastStep);
                checked.set(page);
                compare(page, expected, wrong, limit);
            });
            long last = memory.pageCount() - 1;
            expected.fill((byte) 0);
            for (long page = checked.nextClear(0); page >= 0 && page < last; page = checked.nextClear(page + 1)) {
                compare(page, expected, wrong, limit);
            }
            expected.set(JAVA_LONG, 0, saves);
            compare(last, expected, wrong, limit);
            return wrong;
        } finally {
            lock.unlock();
        }
    }

    long steps() {
        lock.lock();
        try {
            return steps;
        } finally {
            lock.unlock();
        }
    }

    private void compare(long page, MemorySegment expected, List<String> wrong, int limit) {
        long at = memory.pages(page, 1).mismatch(expected);
        if (at >= 0 && wrong.size() < limit) {
            wrong.add("Page " + page + " differs from what the guest wrote, first at byte " + at);
        }
    }

    private void runProcessor() {
        long allowedBytes = 0;
        long lastNs = System.nanoTime();
        while (true) {
            lock.lock();
            try {
                while (state != RunState.RUNNING && state != RunState.GONE) {
                    stateChanged.awaitUninterruptibly();
                    lastNs = System.nanoTime();
                }
                if (state == RunState.GONE) {
                    return;
                }
                long nowNs = System.nanoTime();
                long elapsedNs = Math.min(nowNs - lastNs, BACKLOG_NS_MAX);
                lastNs = nowNs;
                allowedBytes +=
                        (long) ((double) workload.bytesPerSecond() * (100 - throttlePercent) / 100 * elapsedNs / 1e9);
                allowedBytes -= writeUpTo(allowedBytes);
            } finally {
                lock.unlock();
            }
            if (allowedBytes < (long) PAGES_PER_LOCK * GuestMemory.PAGE_BYTES) {
                LockSupport.parkNanos(TICK_NS);
            }
        }
    }

    private long writeUpTo(long bytes) {
        long pages = Math.min(bytes / GuestMemory.PAGE_BYTES, PAGES_PER_LOCK);
        if (pattern.workingSetPages() == 0) {
            return bytes;
        }
        for (long i = 0; i < pages; i++) {
            long step = steps;
            long page = pattern.pageOfStep(step);
            if (!faulting.touch(page, () -> state == RunState.RUNNING)) {
                return i * GuestMemory.PAGE_BYTES;
            }
            writeTracked(page, () -> pattern.write(memory.pages(page, 1), page, step));
            steps++;
        }
        return pages * GuestMemory.PAGE_BYTES;
    }

    private void writeTracked(long page, Runnable write) {
        SyntheticTracker marking = tracker;
        if (marking != null) {
            marking.mark(page);
        }
        write.run();
        if (marking != null) {
            marking.mark(page);
        }
    }

    private void require(String what, RunState one, RunState other) throws HypervisorException {
        if (state != one && state != other) {
            throw new HypervisorException("Guest " + spec.name() + " cannot be " + what + " now: it is " + state);
        }
    }

    private void enter(RunState next) {
        state = next;
        stateChanged.signalAll();
        faulting.stateChanged();
    }

    private void unmapIfUnused() {
        boolean unused;
        lock.lock();
        try {
            unused = state == RunState.GONE && holders == 0;
        } finally {
            lock.unlock();
        }
        if (unused) {
            memory.close();
        }
    }
}
