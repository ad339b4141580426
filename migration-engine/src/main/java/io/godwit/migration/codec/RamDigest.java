package io.godwit.migration.codec;

import io.godwit.migration.protocol.Limits;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.GuestMemory.Region;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import java.nio.ByteBuffer;
import net.jpountz.xxhash.XXHash64;
import net.jpountz.xxhash.XXHashFactory;

/// XXH64 of every MiB of a guest's RAM that does not change meanwhile: what `verify` compares. Chunks do not
/// cross region ends.
///
/// Chunks nobody ever touched are not read, for reading a hole of a shared file fills it; their digest is that
/// of zeros.
public final class RamDigest {
    private static final int CHUNK_PAGES = Limits.DIGEST_CHUNK_BYTES / GuestMemory.PAGE_BYTES;
    private static final long SEED = 0;

    private final MappedRam ram;
    private final PageBitmap dataPages;
    private final XXHash64 hash = XXHashFactory.fastestInstance().hash64();
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(Limits.DIGEST_CHUNK_BYTES);

    /// @throws HypervisorException if it cannot be told which pages were touched
    public RamDigest(MappedRam ram) throws HypervisorException {
        this.ram = ram;
        this.dataPages = new PageBitmap(ram.pageCount());
        ram.memory().dataPages(dataPages);
    }

    public long chunkCount() {
        long sum = 0;
        for (Region region : ram.regions()) {
            sum += chunks(region);
        }
        return sum;
    }

    /// The digest of a chunk, numbered from zero through all regions.
    public long digest(long chunk) {
        Range range = range(chunk);
        int bytes = (int) range.pageCount() * GuestMemory.PAGE_BYTES;
        long touched = dataPages.nextSet(range.firstPage());
        if (touched < 0 || touched >= range.firstPage() + range.pageCount()) {
            return hash.hash(zeros, 0, bytes, SEED);
        }
        int region = ram.regionOf(range.firstPage());
        long offset = ram.offsetInRegion(region, range.firstPage());
        ByteBuffer live = ram.segment(region).asSlice(offset, bytes).asByteBuffer();
        return hash.hash(live, 0, bytes, SEED);
    }

    /// The pages a chunk covers.
    public Range range(long chunk) {
        long left = chunk;
        for (Region region : ram.regions()) {
            long chunks = chunks(region);
            if (left < chunks) {
                long offset = left * CHUNK_PAGES;
                return new Range(region.firstPage() + offset, Math.min(CHUNK_PAGES, region.pageCount() - offset));
            }
            left -= chunks;
        }
        throw new IndexOutOfBoundsException("No such chunk: " + chunk);
    }

    private static long chunks(Region region) {
        return (region.pageCount() + CHUNK_PAGES - 1) / CHUNK_PAGES;
    }

    /// Consecutive pages of one region.
    public record Range(long firstPage, long pageCount) {}
}
