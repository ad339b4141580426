package io.godwit.migration.precopy;

import java.util.concurrent.TimeUnit;

/// Finds the rate at which a migration may send without making others on the link wait. Pure: samples in, rate
/// out.
///
/// What is sent faster than the link carries stands in a queue, and every packet of the guest's stands behind
/// it. That queue shows: a round trip takes longer than it did when the link was free, by as long as the queue
/// takes to empty. So the rate grows while round trips are short and is cut when they have become longer than
/// [#TARGET_MICROS], before anything gets lost.
///
/// A delay that is not ours must not starve the migration. If the rate was cut to half, all of it arrives, and
/// round trips are as long as before, then the queue is somebody else's or the machine is just busy: the delay
/// becomes the new normal.
final class DelayGovernor {
    /// How long packets may stand in the queue because of us: well below what the guest's own ping is to take.
    static final long TARGET_MICROS = 1_500;

    /// How often a sample is to be taken.
    static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    static final long RATE_START = 32L << 20;
    static final long RATE_MIN = 1L << 20;
    static final long RATE_MAX = 64L << 30;

    private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long HOLD_NANOS = TimeUnit.MILLISECONDS.toNanos(30);
    private static final long OTHERS_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    private static final double CUT = 0.93;
    private static final double CUT_DEEP = 0.8;
    private static final double REGAIN = 1.03;
    private static final double PROBE = 1.005;
    private static final double FLOOR = 0.5;
    /// A rate far above what is sent says nothing about the link, and would take long to cut.
    private static final double HEADROOM = 2;

    private DelayGovernor() {}

    /// What was seen since the sample before.
    ///
    /// @param nanos            its length
    /// @param bytes            handed to the kernel
    /// @param roundTripMicros  of the connections, smoothed; 0 if unknown
    record Sample(long nanos, long bytes, long roundTripMicros) {}

    /// @param rate           bytes a second that may be sent
    /// @param starting       nothing has been seen to queue yet
    /// @param baseMicros     a round trip on a free link; 0 while unknown
    /// @param queueMicros    of the sample before
    /// @param delivered      bytes a second that were taken, at most of late; 0 while unknown
    /// @param recent         bytes a second that were taken in the last full window
    /// @param windowBytes    of the present window
    /// @param windowNanos    of the present window
    /// @param ceiling        the rate at which a queue was seen last; up to there the rate grows faster
    /// @param holdNanos      until the effect of the last cut can be seen
    /// @param highNanos      how long the queue has been too long without a break
    /// @param highDelivered  what was taken when that began
    /// @param lowestMicros   the shortest queue since then
    record State(
            double rate,
            boolean starting,
            long baseMicros,
            long queueMicros,
            double delivered,
            double recent,
            long windowBytes,
            long windowNanos,
            double ceiling,
            long holdNanos,
            long highNanos,
            double highDelivered,
            long lowestMicros) {

        static final State START = new State(RATE_START, true, 0, 0, 0, 0, 0, 0, RATE_MAX, 0, 0, 0, Long.MAX_VALUE);

        long bytesPerSecond() {
            return Math.round(rate);
        }

        private State withWindow(Sample sample) {
            long bytes = windowBytes + sample.bytes();
            long nanos = windowNanos + sample.nanos();
            boolean full = nanos >= WINDOW_NANOS;
            double now = full ? bytes * 1e9 / nanos : recent;
            return new State(
                    rate,
                    starting,
                    baseMicros,
                    queueMicros,
                    full ? Math.max(now, delivered * 0.95) : delivered,
                    now,
                    full ? 0 : bytes,
                    full ? 0 : nanos,
                    ceiling,
                    Math.max(0, holdNanos - sample.nanos()),
                    highNanos,
                    highDelivered,
                    lowestMicros);
        }

        private State withDelay(long base, long queue) {
            return new State(
                    rate,
                    starting,
                    base,
                    queue,
                    delivered,
                    recent,
                    windowBytes,
                    windowNanos,
                    ceiling,
                    holdNanos,
                    highNanos,
                    highDelivered,
                    lowestMicros);
        }

        private State withRate(double next, double nextCeiling, long hold, boolean stillStarting) {
            return new State(
                    Math.clamp(next, RATE_MIN, RATE_MAX),
                    stillStarting,
                    baseMicros,
                    queueMicros,
                    delivered,
                    recent,
                    windowBytes,
                    windowNanos,
                    nextCeiling,
                    hold,
                    highNanos,
                    highDelivered,
                    lowestMicros);
        }

        private State withHigh(long nanos, double deliveredThen, long lowest) {
            return new State(
                    rate,
                    starting,
                    baseMicros,
                    queueMicros,
                    delivered,
                    recent,
                    windowBytes,
                    windowNanos,
                    ceiling,
                    holdNanos,
                    nanos,
                    deliveredThen,
                    lowest);
        }
    }

    static State next(State before, Sample sample) {
        if (sample.bytes() <= 0 || sample.roundTripMicros() <= 0) {
            // Nothing of ours was under way: what the kernel says of round trips is old.
            return before;
        }
        long rtt = sample.roundTripMicros();
        long base = before.baseMicros() == 0 ? rtt : Math.min(before.baseMicros(), rtt);
        long queue = rtt - base;
        // One long round trip is an accident; two in a row are a queue.
        long standing = Math.min(queue, before.queueMicros());
        State state = before.withWindow(sample).withDelay(base, queue);
        return standing > TARGET_MICROS ? giveWay(state, sample, standing) : grow(state, sample);
    }

    private static State giveWay(State state, Sample sample, long standing) {
        boolean first = state.highNanos() == 0;
        double deliveredThen = first ? Math.max(state.delivered(), state.rate() / HEADROOM) : state.highDelivered();
        State high = state.withHigh(
                state.highNanos() + sample.nanos(), deliveredThen, Math.min(state.lowestMicros(), standing));
        if (high.highNanos() >= OTHERS_NANOS) {
            return high.recent() >= 0.85 * high.rate() ? notOurs(high) : high.withHigh(1, high.recent(), standing);
        }
        if (high.holdNanos() > 0) {
            return high;
        }
        double taken = high.delivered() > 0 ? Math.min(high.rate(), high.delivered()) : high.rate();
        double cut = taken * (standing > 2 * TARGET_MICROS || high.starting() ? CUT_DEEP : CUT);
        double rate = Math.max(cut, FLOOR * deliveredThen);
        return high.withRate(rate, Math.min(high.ceiling(), rate), HOLD_NANOS, false);
    }

    /// The queue does not care for what we do.
    private static State notOurs(State state) {
        return state.withDelay(state.baseMicros() + state.lowestMicros(), 0)
                .withHigh(0, 0, Long.MAX_VALUE)
                .withRate(state.rate(), state.highDelivered(), 0, false);
    }

    private static State grow(State state, Sample sample) {
        State low = state.withHigh(0, 0, Long.MAX_VALUE);
        double factor;
        if (low.starting()) {
            factor = low.queueMicros() > TARGET_MICROS / 2 ? REGAIN : 2;
        } else {
            factor = low.rate() < low.ceiling() ? REGAIN : PROBE;
        }
        boolean used = HEADROOM * sample.bytes() * 1e9 / sample.nanos() >= low.rate();
        boolean bounded = low.delivered() > 0 && !(low.starting() && used);
        double most = bounded ? Math.max(RATE_START, HEADROOM * low.delivered()) : RATE_MAX;
        double rate = Math.max(Math.min(low.rate() * factor, most), Math.min(low.rate(), most));
        return low.withRate(rate, Math.max(low.ceiling(), rate), low.holdNanos(), low.starting());
    }
}
