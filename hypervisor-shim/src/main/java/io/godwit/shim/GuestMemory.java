package io.godwit.shim;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// A guest's RAM as pages of 4 KiB, numbered from zero through all regions in order. The layout never changes.
///
/// What is read here may change under the reader's hands while the guest runs: copy first, then look.
public interface GuestMemory {
    int PAGE_BYTES = 4096;

    /// At least one, at most [#REGIONS_MAX]; each a multiple of [#PAGE_BYTES].
    List<Region> regions();

    int REGIONS_MAX = 64;

    long pageCount();

    /// The mapped bytes of `pageCount` pages from `firstPage`.
    ///
    /// @throws IndexOutOfBoundsException if any page lies outside the RAM, or the range crosses a region's end
    MemorySegment pages(long firstPage, long pageCount);

    /// Sets the bits of pages that may hold data. A page left clear was never touched and reads as zero.
    void dataPages(PageBitmap into) throws HypervisorException;

    /// Makes pages read as zero, giving memory back to the host where it can. Same bounds as [#pages].
    void zero(long firstPage, long pageCount) throws HypervisorException;

    /// @param id         the hypervisor's name of the region: equal on source and target
    /// @param firstPage  number of its first page
    record Region(String id, long firstPage, long pageCount) {}
}
