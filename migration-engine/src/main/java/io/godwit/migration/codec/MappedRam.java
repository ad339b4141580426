package io.godwit.migration.codec;

import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.GuestMemory.Region;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// A guest's RAM with its layout at hand: finds regions, checks runs, and keeps one segment a region so that no
/// page costs an object.
public final class MappedRam {
    private final GuestMemory memory;
    private final List<Region> regions;
    private final MemorySegment[] segments;
    private final long pageCount;

    /// @throws IllegalArgumentException if the regions do not follow each other from page zero
    public MappedRam(GuestMemory memory) {
        this.memory = memory;
        this.regions = List.copyOf(memory.regions());
        this.segments = new MemorySegment[regions.size()];
        long next = 0;
        for (int i = 0; i < segments.length; i++) {
            Region region = regions.get(i);
            if (region.firstPage() != next || region.pageCount() <= 0) {
                throw new IllegalArgumentException("Memory regions do not follow each other: " + regions);
            }
            segments[i] = memory.pages(region.firstPage(), region.pageCount());
            next += region.pageCount();
        }
        if (next == 0 || next != memory.pageCount()) {
            throw new IllegalArgumentException("Memory regions do not make up the RAM: " + regions);
        }
        this.pageCount = next;
    }

    public GuestMemory memory() {
        return memory;
    }

    public List<Region> regions() {
        return regions;
    }

    public long pageCount() {
        return pageCount;
    }

    public long bytes() {
        return pageCount * GuestMemory.PAGE_BYTES;
    }

    /// The number of the region that holds a page of the RAM.
    int regionOf(long page) {
        int low = 0;
        int high = segments.length - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (regions.get(middle).firstPage() <= page) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /// The number of the page behind the last one of a page's region.
    long regionEnd(long page) {
        Region region = regions.get(regionOf(page));
        return region.firstPage() + region.pageCount();
    }

    MemorySegment segment(int region) {
        return segments[region];
    }

    /// Where a page stands in its region's segment.
    long offsetInRegion(int region, long page) {
        return (page - regions.get(region).firstPage()) * GuestMemory.PAGE_BYTES;
    }

    /// @throws ProtocolException unless the run lies in one region
    void checkRun(long firstPage, long count) throws ProtocolException {
        boolean inside = firstPage >= 0 && firstPage < pageCount && count > 0 && count <= pageCount - firstPage;
        if (!inside || firstPage + count > regionEnd(firstPage)) {
            throw new ProtocolException(
                    "Pages lie outside the guest's RAM or cross a region's end: " + count + " from page " + firstPage);
        }
    }
}
