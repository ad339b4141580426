package io.godwit.migration.precopy;

import io.godwit.shim.GuestMemory;

/// What the rounds so far say about the network and the pages. Used by one thread.
final class SendRates {
    /// A round this large says something about bandwidth; a smaller one is all latency.
    private static final long TELLING_BYTES = 1 << 20;

    private static final long TELLING_PAGES = 64;
    private static final double WEIGHT_OF_NEWEST = 0.6;

    private long bytesPerSecond;
    private boolean telling;
    private double wireBytesPerPage = GuestMemory.PAGE_BYTES;

    /// @param dataPages pages of the round that had content and say what those cost that are written again and
    ///                  again; 0 for the first round, in which they are a few among all others
    void add(long wireBytes, long dataPages, long nanos) {
        long measured = Math.max(1, Math.round(wireBytes * 1e9 / Math.max(1, nanos)));
        boolean tells = wireBytes >= TELLING_BYTES;
        if (tells && telling) {
            bytesPerSecond += Math.round(WEIGHT_OF_NEWEST * (measured - bytesPerSecond));
        } else if (tells || !telling) {
            bytesPerSecond = measured;
        }
        telling |= tells;
        if (dataPages >= TELLING_PAGES) {
            wireBytesPerPage = (double) wireBytes / dataPages;
        }
    }

    long bytesPerSecond() {
        return bytesPerSecond;
    }

    /// At most what a raw page costs, for frames of zeros count too.
    double wireBytesPerPage() {
        return Math.min(wireBytesPerPage, GuestMemory.PAGE_BYTES + 64.0);
    }
}
