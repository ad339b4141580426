package io.godwit.shim;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Checks the promise of a [DirtyTracker] as a migration relies on it: it keeps a copy of the memory, brings it up to
/// date with the pages each scan reports, and looks for pages that changed without being reported.
///
/// While the guest runs, a page may be written between a scan and the look at it: such a page is a suspect, and
/// cleared of suspicion by the next scan if that reports it.
public final class DirtyOracle implements AutoCloseable {
    private final GuestMemory memory;
    private final DirtyTracker tracker;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment copy;
    private final PageBitmap written;
    private final PageBitmap suspects;
    private final List<String> violations = new ArrayList<>();

    public DirtyOracle(GuestMemory memory, DirtyTracker tracker) {
        this.memory = memory;
        this.tracker = tracker;
        this.copy = arena.allocate(memory.pageCount() * GuestMemory.PAGE_BYTES, GuestMemory.PAGE_BYTES);
        this.written = new PageBitmap(memory.pageCount());
        this.suspects = new PageBitmap(memory.pageCount());
    }

    /// Scans, clears or convicts the suspects of the step before, copies what was reported, and looks for new ones.
    ///
    /// @return the number of pages the tracker reported
    public long step() throws HypervisorException {
        written.clearAll();
        long reported = tracker.scan(written);
        for (long page = suspects.nextSet(0); page >= 0; page = suspects.nextSet(page + 1)) {
            if (!written.get(page)) {
                violations.add("Page " + page + " changed, and the scan after that did not report it");
            }
        }
        suspects.clearAll();
        for (GuestMemory.Region region : memory.regions()) {
            for (long page = region.firstPage(); page < region.firstPage() + region.pageCount(); page++) {
                MemorySegment now = memory.pages(page, 1);
                MemorySegment copied = copied(page);
                if (written.get(page)) {
                    copied.copyFrom(now);
                } else if (copied.mismatch(now) >= 0) {
                    suspects.set(page);
                }
            }
        }
        return reported;
    }

    /// The last step, with the guest paused: whatever differs now was hidden. Says every violation so far.
    public List<String> finishPaused() throws HypervisorException {
        step();
        for (long page = suspects.nextSet(0); page >= 0; page = suspects.nextSet(page + 1)) {
            violations.add("Page " + page + " differs from its copy while the guest is paused");
        }
        return List.copyOf(violations);
    }

    /// Which pages the last scan reported.
    public PageBitmap lastWritten() {
        return written;
    }

    @Override
    public void close() {
        arena.close();
    }

    private MemorySegment copied(long page) {
        return copy.asSlice(page * GuestMemory.PAGE_BYTES, GuestMemory.PAGE_BYTES);
    }
}
