package io.godwit.shim.linux;

import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Finds where a process has mapped the files of a guest's RAM.
final class RamMappings {
    private static final long PAGE_BYTES = GuestMemory.PAGE_BYTES;

    private RamMappings() {}

    /// Consecutive addresses in a process that stand for consecutive pages of the guest.
    record Range(long startAddress, long endAddress, long firstPage) {
        long page(long address) {
            return firstPage + (address - startAddress) / PAGE_BYTES;
        }
    }

    /// What identifies a file in the mappings of a process. It is read from a mapping of our own, because some
    /// file systems name another device there than `stat` does.
    static ProcMaps.FileId identify(RamFile file) throws HypervisorException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment probe = file.map(arena, PAGE_BYTES);
            return ProcMaps.read(ProcessHandle.current().pid()).stream()
                    .filter(entry -> entry.contains(probe.address()))
                    .map(ProcMaps.Entry::file)
                    .findFirst()
                    .orElseThrow(() -> new HypervisorException("Could not find our own mapping of " + file.path()));
        }
    }

    /// Every place where the process has mapped pages of one file shared and writable.
    ///
    /// @throws HypervisorException if some page is mapped nowhere, or the file is mapped in a way that hides writes
    static List<Range> find(List<ProcMaps.Entry> maps, ProcMaps.FileId file, UserfaultTracker.Mapping ram)
            throws HypervisorException {
        List<Range> ranges = new ArrayList<>();
        PageBitmap covered = new PageBitmap(ram.pageCount());
        for (ProcMaps.Entry entry : maps) {
            if (!entry.file().equals(file)) {
                continue;
            }
            if (entry.permissions().endsWith("p")) {
                throw new HypervisorException("The guest's RAM is not shared: its process has mapped " + ram.file()
                        + " privately (QEMU: share=on)");
            }
            long firstFilePage = entry.offset() / PAGE_BYTES;
            long end = Math.min(firstFilePage + (entry.end() - entry.start()) / PAGE_BYTES, ram.pageCount());
            if (entry.sharedAndWritable() && firstFilePage < end) {
                long pages = end - firstFilePage;
                covered.setRange(firstFilePage, pages);
                ranges.add(
                        new Range(entry.start(), entry.start() + pages * PAGE_BYTES, ram.firstPage() + firstFilePage));
            }
        }
        long missing = covered.nextClear(0);
        if (missing >= 0) {
            throw new HypervisorException("The guest's RAM is not shared: its process has not mapped all of "
                    + ram.file() + " shared and writable, first page missing: " + missing);
        }
        return ranges;
    }
}
