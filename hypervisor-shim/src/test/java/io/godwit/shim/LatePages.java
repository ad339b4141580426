package io.godwit.shim;

import io.godwit.shim.GuestMemory.Region;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/// A paused guest's memory and state, of which the target gets every third page at once, old content for
/// another third, which is dropped again, and the rest when it asks.
final class LatePages {
    private final Guest target;
    private final MemorySegment memory;
    private final DeviceState state;

    /// Pages at the end of the memory that no guest of the contract touches: random, so that a mistake shows.
    private final long untouchedFirst;

    private final long untouchedCount;

    private LatePages(Guest target, MemorySegment memory, DeviceState state, long untouchedFirst, long untouchedCount) {
        this.target = target;
        this.memory = memory;
        this.state = state;
        this.untouchedFirst = untouchedFirst;
        this.untouchedCount = untouchedCount;
    }

    static LatePages leave(Guest from, Guest to) throws HypervisorException {
        from.resume();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> writes(from));
        from.pause();
        DeviceState state = from.saveDeviceState();
        MemorySegment memory =
                MemorySegment.ofArray(new byte[Math.toIntExact(from.memory().pageCount() * GuestMemory.PAGE_BYTES)]);
        for (Region region : from.memory().regions()) {
            MemorySegment pages = from.memory().pages(region.firstPage(), region.pageCount());
            memory.asSlice(region.firstPage() * GuestMemory.PAGE_BYTES, pages.byteSize())
                    .copyFrom(pages);
        }
        LatePages late = new LatePages(to, memory, state, from.memory().pageCount() * 7 / 8, 64);
        late.fillUntouched();
        late.sendAhead();
        return late;
    }

    private static boolean writes(Guest guest) throws HypervisorException {
        try (DirtyTracker tracker = guest.track()) {
            PageBitmap dirty = new PageBitmap(guest.memory().pageCount());
            tracker.scan(dirty);
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> tracker.scan(dirty) > 0);
            return true;
        }
    }

    /// Only where both are zero anyway may the guest be given something it knows nothing of: not in a guest
    /// that checks all of its memory.
    private void fillUntouched() {
        if (target.spec().machineType().startsWith("synthetic")) {
            return;
        }
        byte[] random = new byte[GuestMemory.PAGE_BYTES];
        for (long page = untouchedFirst; page < untouchedFirst + untouchedCount; page++) {
            new Random(page).nextBytes(random);
            content(page).copyFrom(MemorySegment.ofArray(random));
        }
    }

    private void sendAhead() throws HypervisorException {
        for (long page = 0; page < target.memory().pageCount(); page++) {
            if (page % 3 == 0) {
                target.memory().pages(page, 1).copyFrom(content(page));
            } else if (page % 3 == 1) {
                target.memory().pages(page, 1).fill((byte) 0x5a);
                target.memory().zero(page, 1);
            } else {
                // The hypervisor may have left something here at its start.
                target.memory().zero(page, 1);
            }
        }
    }

    DeviceState state() {
        return state;
    }

    private MemorySegment content(long page) {
        return memory.asSlice(page * GuestMemory.PAGE_BYTES, GuestMemory.PAGE_BYTES);
    }

    /// Those of the pages no guest touches that do not have what was sent.
    List<Long> wrongPages() {
        List<Long> wrong = new ArrayList<>();
        for (long page = untouchedFirst; page < untouchedFirst + untouchedCount; page++) {
            boolean checkedByItself = target.spec().machineType().startsWith("synthetic");
            if (!checkedByItself && target.memory().pages(page, 1).mismatch(content(page)) >= 0) {
                wrong.add(page);
            }
        }
        return wrong;
    }

    Server serve(MissingPages missing) {
        return new Server(missing);
    }

    /// Places every page that somebody waits for, in a thread of its own.
    final class Server implements AutoCloseable {
        private final MissingPages missing;
        private final AtomicInteger asked = new AtomicInteger();
        private final AtomicInteger unanswered = new AtomicInteger();
        private final Thread thread;
        private volatile boolean answering = true;
        private volatile boolean closed;

        private Server(MissingPages missing) {
            this.missing = missing;
            this.thread = Thread.ofPlatform().daemon().name("late-pages").start(this::run);
        }

        private void run() {
            long[] faults = new long[MissingPages.FAULTS_MAX];
            try {
                while (!closed) {
                    int count = missing.awaitFaults(faults, Duration.ofMillis(20));
                    for (int i = 0; i < count; i++) {
                        answer(faults[i]);
                    }
                }
            } catch (HypervisorException e) {
                // It was completed or closed, which ends this.
                closed = true;
            }
        }

        private void answer(long page) throws HypervisorException {
            if (!answering) {
                unanswered.incrementAndGet();
                return;
            }
            asked.incrementAndGet();
            missing.place(page, content(page));
        }

        int asked() {
            return asked.get();
        }

        int unanswered() {
            return unanswered.get();
        }

        void stopAnswering() {
            answering = false;
        }

        /// Every page, in pieces, whether it is there or not.
        void placeAll() throws HypervisorException {
            for (Region region : target.memory().regions()) {
                long end = region.firstPage() + region.pageCount();
                for (long page = region.firstPage(); page < end; page += 61) {
                    long count = Math.min(61, end - page);
                    missing.place(page, memory.asSlice(page * GuestMemory.PAGE_BYTES, count * GuestMemory.PAGE_BYTES));
                }
            }
        }

        @Override
        public void close() {
            closed = true;
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> !thread.isAlive());
        }
    }
}
