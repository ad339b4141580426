package io.godwit.shim.linux;

import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// A guest's RAM in files that its hypervisor maps as well. Safe for use by several threads.
///
/// Closing unmaps it; nobody may be reading or writing it by then.
public final class SharedGuestMemory implements GuestMemory, AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final List<RamFile> files;
    private final List<Region> regions;
    private final List<MemorySegment> mapped;
    private final long pageCount;

    private SharedGuestMemory(List<String> ids, List<RamFile> files) throws HypervisorException {
        this.files = List.copyOf(files);
        List<Region> numbered = new ArrayList<>();
        List<MemorySegment> segments = new ArrayList<>();
        long next = 0;
        for (int i = 0; i < files.size(); i++) {
            RamFile file = files.get(i);
            if (file.bytes() == 0 || file.bytes() % PAGE_BYTES != 0) {
                throw new HypervisorException(
                        "RAM file " + file.path() + " does not hold whole pages: " + file.bytes());
            }
            numbered.add(new Region(ids.get(i), next, file.bytes() / PAGE_BYTES));
            segments.add(file.map(arena));
            next += file.bytes() / PAGE_BYTES;
        }
        this.regions = List.copyOf(numbered);
        this.mapped = List.copyOf(segments);
        this.pageCount = next;
    }

    /// Maps the files, in this order. On success they belong to the result, which closes them; on failure they are
    /// closed.
    ///
    /// @param ids the names of the regions, one a file
    public static SharedGuestMemory map(List<String> ids, List<RamFile> files) throws HypervisorException {
        if (ids.size() != files.size() || files.isEmpty() || files.size() > REGIONS_MAX) {
            throw new IllegalArgumentException("Regions and files do not match: " + ids + " and " + files.size());
        }
        try {
            return new SharedGuestMemory(ids, files);
        } catch (HypervisorException e) {
            files.forEach(RamFile::close);
            throw e;
        }
    }

    @Override
    public List<Region> regions() {
        return regions;
    }

    @Override
    public long pageCount() {
        return pageCount;
    }

    @Override
    public MemorySegment pages(long firstPage, long count) {
        int region = regionOf(firstPage, count);
        long offset = (firstPage - regions.get(region).firstPage()) * PAGE_BYTES;
        return mapped.get(region).asSlice(offset, count * PAGE_BYTES);
    }

    @Override
    public void dataPages(PageBitmap into) throws HypervisorException {
        for (int i = 0; i < files.size(); i++) {
            long firstPage = regions.get(i).firstPage();
            files.get(i).dataExtents(0, files.get(i).bytes(), (offset, bytes) -> {
                long start = offset / PAGE_BYTES;
                long end = (offset + bytes + PAGE_BYTES - 1) / PAGE_BYTES;
                into.setRange(firstPage + start, end - start);
            });
        }
    }

    /// Whether a page is more than a hole. As [#dataPages], for one page.
    public boolean holdsData(long page) throws HypervisorException {
        int region = regionOf(page, 1);
        long offset = (page - regions.get(region).firstPage()) * PAGE_BYTES;
        boolean[] found = {false};
        files.get(region).dataExtents(offset, offset + PAGE_BYTES, (_, _) -> found[0] = true);
        return found[0];
    }

    @Override
    public void zero(long firstPage, long count) throws HypervisorException {
        int region = regionOf(firstPage, count);
        long offset = (firstPage - regions.get(region).firstPage()) * PAGE_BYTES;
        files.get(region).punchHole(offset, count * PAGE_BYTES);
    }

    @Override
    public void close() {
        files.forEach(RamFile::close);
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    private int regionOf(long firstPage, long count) {
        for (int i = 0; i < regions.size(); i++) {
            Region region = regions.get(i);
            long within = firstPage - region.firstPage();
            if (within >= 0
                    && count >= 0
                    && count <= region.pageCount()
                    && within <= region.pageCount() - count
                    && within < region.pageCount()) {
                return i;
            }
        }
        throw new IndexOutOfBoundsException(
                "Pages lie outside the guest's RAM or across the end of a region: " + firstPage + "+" + count);
    }
}
