package io.godwit.migration.precopy;

import io.godwit.migration.MigrationProgress;
import io.godwit.migration.MigrationProgress.Phase;
import io.godwit.migration.codec.PageKind;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/// What a source counts while it sends. Written by the encoders and the migration's thread, read by anybody.
final class Counters {
    private final LongSupplier nanoClock;
    private final long startedNanos;
    private final LongAdder bytesSent = new LongAdder();
    private final LongAdder rawPages = new LongAdder();
    private final LongAdder compressedPages = new LongAdder();
    private final LongAdder deltaPages = new LongAdder();
    private final LongAdder zeroPages = new LongAdder();
    private final LongAdder roundBytesDone = new LongAdder();
    private final RateWindow window = new RateWindow();
    private volatile Phase phase = Phase.PREFLIGHT;
    private volatile int round;
    private volatile long roundBytesTotal;
    private volatile long dirtyBytesPerSecond;
    private volatile long predictedDowntimeMs = -1;

    Counters(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.startedNanos = nanoClock.getAsLong();
    }

    void phase(Phase next) {
        phase = next;
    }

    void beginRound(int number, long bytesTotal) {
        round = number;
        roundBytesTotal = bytesTotal;
        roundBytesDone.reset();
    }

    void covered(long bytes) {
        roundBytesDone.add(bytes);
    }

    void sent(long bytes) {
        bytesSent.add(bytes);
        window.add(bytes, elapsedNanos());
    }

    void told(PageKind kind, long pages) {
        switch (kind) {
            case RAW -> rawPages.add(pages);
            case LZ4, ZSTD -> compressedPages.add(pages);
            case DELTA -> deltaPages.add(pages);
            case ZERO -> zeroPages.add(pages);
        }
    }

    void figures(long dirtyRate, double predictedMs) {
        dirtyBytesPerSecond = dirtyRate;
        predictedDowntimeMs = Math.round(predictedMs);
    }

    long bytesSent() {
        return bytesSent.sum();
    }

    long rawPages() {
        return rawPages.sum();
    }

    long compressedPages() {
        return compressedPages.sum();
    }

    /// Sent as a difference to what was sent before.
    long deltaPages() {
        return deltaPages.sum();
    }

    /// All that were not told as zero.
    long contentPages() {
        return rawPages() + compressedPages() + deltaPages();
    }

    long zeroPages() {
        return zeroPages.sum();
    }

    long elapsedNanos() {
        return nanoClock.getAsLong() - startedNanos;
    }

    long elapsedMs() {
        return TimeUnit.NANOSECONDS.toMillis(elapsedNanos());
    }

    MigrationProgress progress() {
        return new MigrationProgress(
                phase,
                round,
                roundBytesTotal,
                Math.min(roundBytesDone.sum(), roundBytesTotal),
                bytesSent(),
                dirtyBytesPerSecond,
                window.bytesPerSecond(elapsedNanos()),
                predictedDowntimeMs,
                elapsedMs());
    }
}
