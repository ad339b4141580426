package io.godwit.shim.synthetic;

/// What a synthetic guest does while it runs: it rewrites the pages of its working set, one after another in a fixed
/// scattered order.
///
/// @param bytesPerSecond    what it writes, whole pages; 0 to write nothing. A guest that gets too little processor
///                          time writes less and does not catch up
/// @param workingSetBytes   what it writes to; cut to what the guest has
/// @param filledBytes       what holds data when the guest is created, from the first page on; cut likewise
/// @param compressibility   the part of each page that compresses to almost nothing, from 0 to 1
/// @param seed              of the bytes it writes
public record SyntheticWorkload(
        long bytesPerSecond, long workingSetBytes, long filledBytes, double compressibility, long seed) {

    /// A guest that has done nothing and does nothing.
    public static final SyntheticWorkload IDLE = new SyntheticWorkload(0, 0, 0, 0, 0);

    public SyntheticWorkload {
        if (bytesPerSecond < 0 || workingSetBytes < 0 || filledBytes < 0) {
            throw new IllegalArgumentException("A workload's numbers of bytes are below zero: " + bytesPerSecond + ", "
                    + workingSetBytes + ", " + filledBytes);
        }
        if (!(compressibility >= 0 && compressibility <= 1)) {
            throw new IllegalArgumentException("Compressibility is not from 0 to 1: " + compressibility);
        }
    }
}
