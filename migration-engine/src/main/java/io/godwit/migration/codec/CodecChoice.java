package io.godwit.migration.codec;

import java.util.Map;

/// Says which codec is to write the next batches. Pure: everything it knows is in the figures.
///
/// A codec's throughput is the smaller of two: what the workers write with it, and what the link carries of it. The
/// codec with the largest wins, if that is worth a change; of those that are as good, the one that leaves more
/// processors to the guests. So pages go raw when the link outruns the compressors, and the harder a link is to
/// fill, the more is spent on compression.
final class CodecChoice {
    /// Measurements are rough: less gain than this is none.
    private static final double GAIN_MIN = 1.10;

    /// As good as the present one, if it costs this much less of the processors at most.
    private static final double AS_GOOD = 0.97;

    private static final double CHEAPER = 0.75;

    /// Processors that compression leaves idle, for the guests.
    private static final double SPARED_PROCESSORS = 0.25;

    /// What one processor encrypts and hands over: measured, half a second for 320 MB.
    private static final double SENT_BYTES_PER_SECOND = 600e6;

    /// Whoever works hardly more for a page takes nothing from the guests that a longer migration would not.
    private static final double HARDLY_DEARER = 1.25;

    private CodecChoice() {}

    /// @param bytesPerSecond of pages that one worker writes with a codec
    /// @param ratio          bytes on the wire for a byte of pages
    record Measured(double bytesPerSecond, double ratio) {

        /// Processor time for a byte of pages until it has left.
        double work() {
            return 1 / bytesPerSecond + ratio / SENT_BYTES_PER_SECOND;
        }
    }

    /// @param measured            what may be chosen, as far as it is known; holds `current` or it is kept
    /// @param linkBytesPerSecond  what the connections carry together, infinite while unknown
    /// @param idleProcessors      of this host
    record Figures(
            Codec current,
            Map<Codec, Measured> measured,
            double linkBytesPerSecond,
            int workers,
            double idleProcessors) {

        double throughput(Measured codec) {
            return Math.min(workers * codec.bytesPerSecond(), linkBytesPerSecond / codec.ratio());
        }

        /// Processors kept busy.
        double load(Measured codec) {
            return throughput(codec) / codec.bytesPerSecond();
        }
    }

    static Codec decide(Figures figures) {
        Measured now = figures.measured().get(figures.current());
        if (now == null) {
            return figures.current();
        }
        double throughputNow = figures.throughput(now);
        double loadNow = figures.load(now);
        double loadMax = loadNow + Math.max(0, figures.idleProcessors() - SPARED_PROCESSORS);
        Codec fastest = figures.current();
        double throughputBest = throughputNow * GAIN_MIN;
        Codec cheapest = figures.current();
        double loadBest = loadNow * CHEAPER;
        for (Map.Entry<Codec, Measured> entry : figures.measured().entrySet()) {
            double throughput = figures.throughput(entry.getValue());
            double load = figures.load(entry.getValue());
            boolean affordable = load <= loadMax || entry.getValue().work() <= now.work() * HARDLY_DEARER;
            if (throughput >= throughputBest && affordable) {
                fastest = entry.getKey();
                throughputBest = throughput;
            }
            if (throughput >= throughputNow * AS_GOOD && load <= loadBest) {
                cheapest = entry.getKey();
                loadBest = load;
            }
        }
        return fastest != figures.current() ? fastest : cheapest;
    }
}
