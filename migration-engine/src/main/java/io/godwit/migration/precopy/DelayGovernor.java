package io.godwit.migration.precopy;

import java.util.concurrent.TimeUnit;

/// Finds the rate at which a migration may send without making others on the link wait. Pure: samples in, rate out.
///
/// What is sent faster than the link carries stands in a queue, and every packet of the guest's stands behind it.
/// That queue shows: a round trip takes longer than it did when the link was free, by as long as the queue takes to
/// empty. So the rate grows while round trips are short and is cut when they have become longer, before anything
/// gets lost.
///
/// A delay that is not ours must not starve the migration. If cuts do not end it, the rate is halved for a moment: a
/// queue of ours shrinks then. One that does not is somebody else's, or the machine is just busy, and the delay
/// becomes the new normal.
final class DelayGovernor {
    /// How long packets may stand in the queue because of us: well below what the guest's own ping is to take.
    static final long TARGET_MICROS = 1_500;

    /// What the connections hand over at a time is on the link for a while, however slowly they do: on a slow link for
    /// longer than the target.
    private static final double PIECE_BYTES = 32 << 10;

    private static final long TARGET_MICROS_MAX = 4_000;

    /// How often a sample is to be taken.
    static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    static final long RATE_START = 32L << 20;
    static final long RATE_MIN = 1L << 20;
    static final long RATE_MAX = 64L << 30;

    private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /// For so long every round trip has to be too long before that is taken for a queue; a busy machine makes single
    /// ones late. At the start the rate doubles, and there is less time.
    private static final long CONFIRM_NANOS = TimeUnit.MILLISECONDS.toNanos(40);

    private static final long CONFIRM_AT_START_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /// How long it takes until the effect of a cut is seen.
    private static final long HOLD_NANOS = TimeUnit.MILLISECONDS.toNanos(30);

    private static final long DOUBT_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long TEST_NANOS = TimeUnit.MILLISECONDS.toNanos(80);
    private static final long TEST_DROP_MICROS_MAX = 10_000;

    private static final double CUT = 0.93;
    private static final double CUT_DEEP = 0.8;
    private static final double CEILING = 0.97;
    private static final double REGAIN = 1.03;
    private static final double PROBE = 1.005;

    /// The longer nothing has queued, the faster the rate grows.
    private static final double PROBE_CALM = 1.01;

    private static final long CALM_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    /// No cut goes below this part of the most that was ever taken, but for a link that has become slower.
    private static final double FLOOR = 0.5;

    /// A rate far above what is sent says nothing about the link, and would take long to cut.
    private static final double HEADROOM = 2;

    private DelayGovernor() {}

    /// What was seen since the sample before.
    ///
    /// @param nanos            its length
    /// @param bytes            handed to the kernel
    /// @param roundTripMicros  of the connections, smoothed; 0 if unknown
    /// @param underWay         whether the kernel had something of ours on the link, maybe handed over long before
    record Sample(long nanos, long bytes, long roundTripMicros, boolean underWay) {}

    /// What the link takes, in bytes a second; 0 while unknown.
    ///
    /// @param recent  in the last full window
    /// @param most    of late
    /// @param peak    ever, nearly
    record Taken(double recent, double most, double peak, long windowBytes, long windowNanos) {
        static final Taken UNKNOWN = new Taken(0, 0, 0, 0, 0);

        private Taken plus(Sample sample) {
            long bytes = windowBytes + sample.bytes();
            long nanos = windowNanos + sample.nanos();
            if (nanos < WINDOW_NANOS) {
                return new Taken(recent, most, peak, bytes, nanos);
            }
            double now = bytes * 1e9 / nanos;
            return new Taken(now, Math.max(now, most * 0.95), Math.max(now, peak * 0.9995), 0, 0);
        }

        private Taken withPeak(double other) {
            return new Taken(recent, most, other, windowBytes, windowNanos);
        }
    }

    /// @param baseMicros      a round trip on a free link; 0 while unknown
    /// @param micros          how much longer the last one took
    /// @param highNanos       for how long each has been too long
    /// @param testedMicros    the same when the rate was halved to see whether the queue is ours; 0 if it is not
    /// @param testedCapacity  what the link took then
    record Queue(long baseMicros, long micros, long highNanos, long testedMicros, double testedCapacity) {
        static final Queue UNKNOWN = new Queue(0, 0, 0, 0, 0);

        private static Queue free(long base, long micros) {
            return new Queue(base, micros, 0, 0, 0);
        }

        private Queue longer(long base, long now, long nanos) {
            return new Queue(base, now, highNanos + nanos, testedMicros, testedCapacity);
        }

        private Queue tested(long standing, double capacity) {
            return new Queue(baseMicros, micros, highNanos, Math.max(1, standing), capacity);
        }

        private boolean underTest() {
            return testedMicros > 0;
        }

        /// Although the rate was halved.
        private boolean unmoved() {
            return micros > testedMicros - Math.min(testedMicros / 4, TEST_DROP_MICROS_MAX);
        }
    }

    /// @param rate       bytes a second that may be sent
    /// @param starting   nothing has been seen to queue yet
    /// @param ceiling    up to there the rate grows faster: a little below where a queue was seen last
    /// @param calmNanos  since the last cut
    record State(double rate, boolean starting, double ceiling, long calmNanos, Taken taken, Queue queue) {
        static final State START = new State(RATE_START, true, RATE_MAX, HOLD_NANOS, Taken.UNKNOWN, Queue.UNKNOWN);

        long bytesPerSecond() {
            return Math.round(rate);
        }

        private State with(Taken nextTaken, Queue nextQueue) {
            return new State(rate, starting, ceiling, calmNanos, nextTaken, nextQueue);
        }

        private State at(double next) {
            return new State(Math.clamp(next, RATE_MIN, RATE_MAX), starting, ceiling, calmNanos, taken, queue);
        }
    }

    static State next(State before, Sample sample) {
        long rtt = sample.roundTripMicros();
        if (rtt <= 0) {
            return before;
        }
        Queue old = before.queue();
        long base = old.baseMicros() == 0 ? rtt : Math.min(old.baseMicros(), rtt);
        if (sample.bytes() == 0 && !sample.underWay()) {
            // What the kernel says is old, and good for the shortest way only.
            Queue idle = new Queue(base, old.micros(), old.highNanos(), old.testedMicros(), old.testedCapacity());
            return before.with(before.taken(), idle);
        }
        long micros = rtt - base;
        Taken taken = before.taken().plus(sample);
        State state = new State(
                before.rate(), before.starting(), before.ceiling(), before.calmNanos() + sample.nanos(), taken, old);
        return micros > targetMicros(taken)
                ? giveWay(state.with(taken, old.longer(base, micros, sample.nanos())), Math.min(micros, old.micros()))
                : grow(state, sample, base, micros);
    }

    private static long targetMicros(Taken taken) {
        return taken.most() <= 0
                ? TARGET_MICROS
                : Math.clamp(Math.round(PIECE_BYTES * 1e6 / taken.most()), TARGET_MICROS, TARGET_MICROS_MAX);
    }

    /// @param standing what stood in the queue at this sample and at the one before
    private static State giveWay(State state, long standing) {
        Queue queue = state.queue();
        Taken taken = state.taken();
        if (queue.underTest()) {
            return queue.highNanos() < DOUBT_NANOS + TEST_NANOS ? state : concluded(state);
        }
        if (queue.highNanos() >= DOUBT_NANOS) {
            State halved = state.at(FLOOR * taken.recent()).with(taken, queue.tested(standing, taken.recent()));
            return new State(halved.rate(), false, halved.ceiling(), state.calmNanos(), taken, halved.queue());
        }
        long confirm = state.starting() ? CONFIRM_AT_START_NANOS : CONFIRM_NANOS;
        if (state.calmNanos() < HOLD_NANOS || queue.highNanos() < confirm) {
            return state;
        }
        double carried = taken.most() > 0 ? Math.min(state.rate(), taken.most()) : state.rate();
        double floor = FLOOR * (taken.peak() > 0 ? taken.peak() : state.rate() / HEADROOM);
        double cut = carried * (standing > 2 * targetMicros(taken) || state.starting() ? CUT_DEEP : CUT);
        State slower = state.at(Math.max(cut, floor));
        // What was taken while the rate doubled has filled buffers and says nothing of the link.
        Taken known = state.starting() ? Taken.UNKNOWN : taken;
        return new State(slower.rate(), false, CEILING * carried, 0, known, queue);
    }

    /// The rate was halved for long enough.
    private static State concluded(State state) {
        Queue queue = state.queue();
        Taken taken = state.taken();
        if (queue.unmoved()) {
            long base = queue.baseMicros() + Math.min(queue.testedMicros(), queue.micros());
            return new State(state.rate(), false, taken.peak(), HOLD_NANOS, taken, Queue.free(base, 0));
        }
        State slower = slowerLink(state);
        return slower.with(slower.taken(), Queue.free(queue.baseMicros(), queue.micros()));
    }

    /// The queue is ours, so the link carries less than it did.
    private static State slowerLink(State state) {
        return state.with(state.taken().withPeak(state.queue().testedCapacity()), state.queue());
    }

    private static State grow(State before, Sample sample, long base, long micros) {
        State state = before.queue().underTest() ? slowerLink(before) : before;
        Taken taken = state.taken();
        boolean free = state.rate() < state.ceiling();
        double factor = free ? REGAIN : probe(state.calmNanos());
        if (state.starting() && micros <= targetMicros(taken) / 2) {
            factor = 2;
        }
        boolean used = HEADROOM * sample.bytes() * 1e9 / sample.nanos() >= state.rate();
        boolean bounded = taken.most() > 0 && !(state.starting() && used);
        double most = bounded ? Math.max(RATE_START, HEADROOM * taken.most()) : RATE_MAX;
        State faster = state.at(Math.min(state.rate() * factor, most));
        double ceiling = free ? state.ceiling() : Math.max(state.ceiling(), faster.rate());
        return new State(faster.rate(), state.starting(), ceiling, state.calmNanos(), taken, Queue.free(base, micros));
    }

    private static double probe(long calmNanos) {
        if (calmNanos < CALM_NANOS) {
            return PROBE;
        }
        return calmNanos < 2 * CALM_NANOS ? PROBE_CALM : REGAIN;
    }
}
