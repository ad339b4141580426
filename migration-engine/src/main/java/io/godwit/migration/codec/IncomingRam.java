package io.godwit.migration.codec;

import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import java.lang.foreign.MemorySegment;

/// The target's RAM while it is filled, and the knowledge of which of its pages may hold anything but zeros.
///
/// Different threads may fill different blocks of [io.godwit.migration.protocol.Limits#BLOCK_PAGES] pages at the
/// same time: a block is a word of the bitmap, and always belongs to one connection.
public final class IncomingRam {
    private final MappedRam ram;
    private final PageBitmap mayHoldData;

    /// @throws HypervisorException if it cannot be told what the hypervisor wrote there at its start
    public IncomingRam(MappedRam ram) throws HypervisorException {
        this.ram = ram;
        this.mayHoldData = new PageBitmap(ram.pageCount());
        ram.memory().dataPages(mayHoldData);
    }

    MappedRam ram() {
        return ram;
    }

    /// The live bytes of a run that was checked; they count as data from now on.
    MemorySegment forWriting(long firstPage, long count) {
        mayHoldData.setRange(firstPage, count);
        int region = ram.regionOf(firstPage);
        return ram.segment(region).asSlice(ram.offsetInRegion(region, firstPage), count * GuestMemory.PAGE_BYTES);
    }

    /// Copies what a run that was checked holds now.
    void read(long firstPage, long count, MemorySegment into, long at) {
        int region = ram.regionOf(firstPage);
        long offset = ram.offsetInRegion(region, firstPage);
        MemorySegment.copy(ram.segment(region), offset, into, at, count * GuestMemory.PAGE_BYTES);
    }

    /// Makes a run that was checked read as zero; pages that do so anyway are left alone.
    void zero(long firstPage, long count) throws HypervisorException {
        long end = firstPage + count;
        long page = mayHoldData.nextSet(firstPage);
        while (page >= 0 && page < end) {
            long clear = mayHoldData.nextClear(page);
            long dataEnd = clear < 0 ? end : Math.min(clear, end);
            ram.memory().zero(page, dataEnd - page);
            for (long cleared = page; cleared < dataEnd; cleared++) {
                mayHoldData.clear(cleared);
            }
            page = mayHoldData.nextSet(dataEnd);
        }
    }
}
