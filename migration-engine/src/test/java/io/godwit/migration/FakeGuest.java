package io.godwit.migration;

import io.godwit.shim.DeviceState;
import io.godwit.shim.DirtyTracker;
import io.godwit.shim.FrameCapture;
import io.godwit.shim.FrameDelivery;
import io.godwit.shim.Guest;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import io.godwit.shim.RunState;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A guest of plain memory whose only work is to write to it, and whose every step can be made to fail.
final class FakeGuest implements Guest {
    private static final int STATE_BYTES = 450 << 10;

    private final GuestSpec spec;
    private final FakeMemory ram;
    private final PageBitmap dirty;
    private final Object lock = new Object();
    private final CompletableFuture<EndReason> gone = new CompletableFuture<>();
    private final Thread writer;
    private GuestMemory view;
    private RunState state;
    private boolean tracked;

    volatile int writesPerMs;
    volatile long workingSetPages;
    volatile boolean compressible = true;
    volatile boolean smallWrites;
    volatile int scans;
    volatile @Nullable String pauseFailure;
    volatile @Nullable String resumeFailure;
    volatile @Nullable String saveFailure;
    volatile @Nullable String loadFailure;
    volatile @Nullable String trackFailure;
    volatile Runnable whenPaused = () -> {};
    volatile Runnable whenSaving = () -> {};
    volatile Runnable beforeResume = () -> {};
    volatile FrameCapture capture = FrameCapture.NONE;
    volatile FrameDelivery delivery = FrameDelivery.NONE;
    volatile @Nullable String captureFailure;
    volatile int resumes;
    volatile int throttlePercent;
    volatile int throttlePercentTop;
    volatile int throttleAtPause = -1;

    /// Slowed by so much it writes nothing any more; below that, as if it were not slowed.
    volatile int calmsAtPercent = Integer.MAX_VALUE;

    volatile @Nullable String throttleFailure;
    volatile boolean destroyed;
    volatile byte @Nullable [] loaded;
    volatile byte @Nullable [] saved;

    FakeGuest(GuestSpec spec, FakeMemory ram, RunState state) {
        this.spec = spec;
        this.ram = ram;
        this.view = ram;
        this.dirty = new PageBitmap(ram.pageCount());
        this.state = state;
        this.workingSetPages = ram.pageCount();
        this.writer = Thread.ofPlatform().daemon().name("fake-guest").start(this::write);
    }

    void view(GuestMemory other) {
        view = other;
    }

    FakeMemory ram() {
        return ram;
    }

    private void write() {
        Random random = new Random(7);
        byte[] page = new byte[GuestMemory.PAGE_BYTES];
        while (!destroyed) {
            int writes = throttlePercent >= calmsAtPercent ? 0 : writesPerMs;
            for (int i = 0; i < writes; i++) {
                writeOne(random, page);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    private void writeOne(Random random, byte[] page) {
        long number = random.nextLong(workingSetPages);
        if (smallWrites) {
            byte[] changed = ram.read(number);
            changed[random.nextInt(changed.length)] = (byte) random.nextInt();
            writePage(number, changed);
        } else {
            fill(random, page);
            writePage(number, page);
        }
    }

    private void fill(Random random, byte[] page) {
        int kind = random.nextInt(4);
        if (kind == 0) {
            java.util.Arrays.fill(page, (byte) 0);
        } else if (compressible) {
            java.util.Arrays.fill(page, (byte) random.nextInt());
            page[random.nextInt(page.length)] = (byte) random.nextInt();
        } else {
            random.nextBytes(page);
        }
    }

    private void writePage(long page, byte[] content) {
        synchronized (lock) {
            if (state == RunState.RUNNING) {
                touch(page, content);
            }
        }
    }

    /// Writes as the guest or its devices would: seen by the tracker.
    void touch(long page, byte[] content) {
        synchronized (lock) {
            ram.write(page, content);
            dirty.set(page);
        }
    }

    @Override
    public GuestSpec spec() {
        return spec;
    }

    @Override
    public long pid() {
        return ProcessHandle.current().pid();
    }

    @Override
    public RunState state() {
        synchronized (lock) {
            return state;
        }
    }

    void state(RunState next) {
        synchronized (lock) {
            state = next;
        }
    }

    @Override
    public GuestMemory memory() {
        return view;
    }

    boolean tracked() {
        synchronized (lock) {
            return tracked;
        }
    }

    @Override
    public DirtyTracker track() throws HypervisorException {
        failIf(trackFailure);
        synchronized (lock) {
            dirty.setAll();
            tracked = true;
        }
        return new DirtyTracker() {
            @Override
            public long scan(PageBitmap into) {
                synchronized (lock) {
                    long pages = dirty.cardinality();
                    scans++;
                    into.or(dirty);
                    dirty.clearAll();
                    return pages;
                }
            }

            @Override
            public void close() {
                synchronized (lock) {
                    tracked = false;
                }
            }
        };
    }

    @Override
    public void throttle(int percent) throws HypervisorException {
        Guest.checkThrottle(percent);
        if (percent > 0) {
            failIf(throttleFailure);
        }
        throttlePercent = percent;
        throttlePercentTop = Math.max(throttlePercentTop, percent);
    }

    @Override
    public void pause() throws HypervisorException {
        failIf(pauseFailure);
        throttleAtPause = throttlePercent;
        state(RunState.PAUSED);
        whenPaused.run();
    }

    @Override
    public void resume() throws HypervisorException {
        failIf(resumeFailure);
        beforeResume.run();
        synchronized (lock) {
            resumes++;
            state = RunState.RUNNING;
        }
    }

    @Override
    public DeviceState saveDeviceState() throws HypervisorException {
        whenSaving.run();
        failIf(saveFailure);
        byte[] bytes = new byte[STATE_BYTES];
        new Random(3).nextBytes(bytes);
        byte[] page = new byte[GuestMemory.PAGE_BYTES];
        for (int i = 0; i < 20; i++) {
            new Random(i).nextBytes(page);
            touch((i * 977L) % ram.pageCount(), page);
        }
        saved = bytes;
        return new DeviceState(bytes);
    }

    @Override
    public void loadDeviceState(DeviceState deviceState) throws HypervisorException {
        failIf(loadFailure);
        loaded = deviceState.bytes();
        state(RunState.PAUSED);
    }

    @Override
    public void becomeReachable() {
        // It has no network.
    }

    @Override
    public FrameCapture captureFrames() throws HypervisorException {
        failIf(captureFailure);
        return capture;
    }

    @Override
    public FrameDelivery deliverFrames() {
        return delivery;
    }

    @Override
    public void announce() {}

    @Override
    public void requestShutdown() {}

    @Override
    public void destroy(Duration timeout) {
        synchronized (lock) {
            state = RunState.GONE;
        }
        destroyed = true;
        gone.complete(EndReason.DESTROYED);
    }

    @Override
    public CompletableFuture<EndReason> gone() {
        return gone;
    }

    @Override
    public void close() {
        destroyed = true;
        try {
            writer.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        ram.close();
    }

    private static void failIf(@Nullable String failure) throws HypervisorException {
        if (failure != null) {
            throw new HypervisorException(failure);
        }
    }
}
