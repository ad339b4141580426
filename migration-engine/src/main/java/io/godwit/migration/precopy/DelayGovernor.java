package io.godwit.migration.precopy;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Finds the rate at which a migration may send without making others on the link wait. Pure: samples in, rate out.
///
/// What is sent faster than the link carries stands in a queue, and every packet of the guest's stands behind it.
/// That queue shows: a round trip takes longer than it did when the link was free, by as long as the queue takes to
/// empty. So the rate grows while round trips are short and is cut when they have become longer, before anything
/// gets lost.
///
/// At the start nothing is known of the link, and a first rate beyond what it carries would overfill a small
/// queue before that shows. So the rate begins low and grows by a step for each interval of which everything has
/// arrived. The first sign of a queue takes it back to what did arrive. Each queue that is taken for ours halves
/// the step, until growing slowly will do.
///
/// A delay that is not ours must not starve the migration. If cuts do not end it, the rate is halved for a moment: a
/// queue of ours shrinks then. One that does not is somebody else's, or the machine is just busy, and the delay
/// is taken for normal until round trips are shorter again.
final class DelayGovernor {
    /// How long packets may stand in the queue because of us: well below what the guest's own ping is to take.
    static final long TARGET_MICROS = 1_500;

    /// How often a sample is to be taken.
    static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /// Less than a link of 50 Mbit/s carries, the slowest on which a start is to overfill nothing. A link of
    /// 1 Gbit/s is eight steps away, one of 10 Gbit/s fourteen.
    static final long RATE_START = 4L << 20;

    /// How fast the rate grows at the start, once an interval, and how far it may be ahead of what has arrived.
    /// The link's rate is met somewhere within a step, and what is sent beyond it until the next sample tells
    /// must find room in the queue of a small switch, which holds 10 ms: half of what the link carries in an
    /// interval does, as much again would not.
    private static final double START_STEP = 1.5;

    /// After a lull the rate is what was once carried, but no more than this: a second start would cost more than
    /// it spares others.
    private static final double RATE_KEPT = 32L << 20;

    static final long RATE_MIN = 1L << 20;
    static final long RATE_MAX = 64L << 30;

    private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /// While the rate grows by steps, what was carried long ago says little.
    private static final long WINDOW_AT_START_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /// For so long every round trip has to be too long before that is taken for a queue; a busy machine makes single
    /// ones late. At the start there is less time, if it also is seen that not everything arrives.
    private static final long CONFIRM_NANOS = TimeUnit.MILLISECONDS.toNanos(40);

    private static final long CONFIRM_AT_START_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /// What the link has just carried without a queue it will hardly refuse now: a busy machine makes packets late for
    /// so long that it looks like one.
    private static final double PROVEN = 0.9;

    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(150);

    /// How long it takes until the effect of a cut is seen.
    private static final long HOLD_NANOS = TimeUnit.MILLISECONDS.toNanos(30);

    private static final long DOUBT_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long TEST_NANOS = TimeUnit.MILLISECONDS.toNanos(80);

    /// A queue of ours empties to less than this part while the rate is halved.
    private static final double TEST_DROP = 0.6;

    /// How fast a delay that was not ours is forgotten when round trips are shorter again.
    private static final long FORGET = 64;

    private static final double CUT = 0.93;
    private static final double CUT_DEEP = 0.8;
    private static final double CEILING = 0.97;
    private static final double REGAIN = 1.03;

    /// A link that carries, without a queue, so much more than where a queue was seen last was not full then.
    /// Measured rates of a full link differ by less.
    private static final double BEYOND = 1.1;
    private static final double PROBE = 1.005;

    /// The longer nothing has queued, the faster the rate grows.
    private static final double PROBE_CALM = 1.01;

    private static final long CALM_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    /// No cut goes below this part of the most that was ever carried, but for a link that has become slower.
    private static final double FLOOR = 0.5;

    /// A rate far above what is sent says nothing about the link, and would take long to cut.
    private static final double HEADROOM = 2;

    private DelayGovernor() {}

    /// What was seen since the sample before.
    ///
    /// @param nanos            its length
    /// @param bytes            that have arrived at the other side
    /// @param roundTripMicros  of the connections, smoothed; 0 if unknown
    /// @param underWay         whether anything was still on its way there
    record Sample(long nanos, long bytes, long roundTripMicros, boolean underWay) {
        private double bytesPerSecond() {
            return bytes * 1e9 / nanos;
        }
    }

    /// What the link carries, in bytes a second; 0 while unknown.
    ///
    /// @param recent  in the last full window
    /// @param most    of late
    /// @param calm    the most of late while nothing queued
    /// @param peak    ever, nearly
    record Carried(double recent, double most, double calm, double peak, long windowBytes, long windowNanos) {
        static final Carried UNKNOWN = new Carried(0, 0, 0, 0, 0, 0);

        private Carried plus(Sample sample, boolean queues, long fullNanos) {
            long bytes = windowBytes + sample.bytes();
            long nanos = windowNanos + sample.nanos();
            if (nanos < fullNanos) {
                return new Carried(recent, most, calm, peak, bytes, nanos);
            }
            double now = bytes * 1e9 / nanos;
            return new Carried(
                    now,
                    Math.max(now, most * 0.95),
                    Math.max(queues ? 0 : now, calm * 0.99),
                    Math.max(now, peak * 0.9995),
                    0,
                    0);
        }

        private Carried withPeak(double other) {
            return new Carried(recent, most, Math.min(calm, other), other, windowBytes, windowNanos);
        }
    }

    /// @param baseMicros    a round trip on a free link; 0 while unknown
    /// @param othersMicros  of what came on top, how much is not ours
    /// @param micros        how much longer the last round trip took than both
    /// @param highNanos     for how long each has been too long
    /// @param refused       whether less arrived meanwhile than was sent
    record Queue(long baseMicros, long othersMicros, long micros, long highNanos, boolean refused) {
        static final Queue UNKNOWN = new Queue(0, 0, 0, 0, false);

        private Queue after(long roundTripMicros) {
            long base = baseMicros == 0 ? roundTripMicros : Math.min(baseMicros, roundTripMicros);
            long more = roundTripMicros - base;
            long others = more < othersMicros ? othersMicros - (othersMicros - more) / FORGET : othersMicros;
            return new Queue(base, others, Math.max(0, more - others), highNanos, refused);
        }

        /// A round trip of a time at which nothing was sent.
        private Queue atLeast(long roundTripMicros) {
            long base = baseMicros == 0 ? roundTripMicros : Math.min(baseMicros, roundTripMicros);
            return new Queue(base, othersMicros, micros, highNanos, refused);
        }

        private Queue longer(long nanos, boolean someRefused) {
            return new Queue(baseMicros, othersMicros, micros, highNanos + nanos, refused || someRefused);
        }

        private Queue calm() {
            return new Queue(baseMicros, othersMicros, micros, 0, false);
        }

        private Queue notOurs(long standing) {
            return new Queue(baseMicros, othersMicros + standing, Math.max(0, micros - standing), 0, false);
        }
    }

    /// The rate is halved to see whether a queue is ours.
    ///
    /// @param micros    what stood in the queue before
    /// @param capacity  what the link carried before
    /// @param nanos     for how long it has been halved
    /// @param sum       what stood in the queue since, of as many samples
    record Test(long micros, double capacity, long nanos, long sum, int samples) {
        private Test after(long standing, long sampleNanos) {
            // What was on its way before must arrive first.
            return nanos < TEST_NANOS / 2
                    ? new Test(micros, capacity, nanos + sampleNanos, 0, 0)
                    : new Test(micros, capacity, nanos + sampleNanos, sum + standing, samples + 1);
        }

        private boolean over() {
            return nanos >= TEST_NANOS && samples > 0;
        }

        private long mean() {
            return sum / samples;
        }
    }

    /// @param rate       bytes a second that may be sent
    /// @param step       by how much the rate grows at the start; [#REGAIN] or less once it is over
    /// @param ceiling    up to there the rate grows faster: a little below where a queue was seen last;
    ///                   [#RATE_MAX] if none was
    /// @param calmNanos  since the last cut
    /// @param test       under way; null if none is
    record State(
            double rate,
            double step,
            double ceiling,
            long calmNanos,
            Carried carried,
            Queue queue,
            @Nullable Test test) {
        static final State START =
                new State(RATE_START, START_STEP, RATE_MAX, HOLD_NANOS, Carried.UNKNOWN, Queue.UNKNOWN, null);

        boolean starting() {
            return step > REGAIN;
        }

        long bytesPerSecond() {
            return Math.round(rate);
        }

        private State seen(Sample sample) {
            return new State(
                    rate,
                    step,
                    ceiling,
                    calmNanos + sample.nanos(),
                    carried.plus(sample, queue.highNanos() > 0, starting() ? WINDOW_AT_START_NANOS : WINDOW_NANOS),
                    queue.after(sample.roundTripMicros()),
                    test);
        }

        private State at(double next) {
            return new State(limited(next), step, ceiling, calmNanos, carried, queue, test);
        }

        private State with(Queue next) {
            return new State(rate, step, ceiling, calmNanos, carried, next, test);
        }

        private State with(@Nullable Test next) {
            return new State(rate, step, ceiling, calmNanos, carried, queue, next);
        }

        private State below(double next) {
            return new State(rate, step, next, calmNanos, carried, queue, test);
        }

        private State cutTo(double next) {
            return new State(
                    limited(next), queue.refused() ? 1 + (step - 1) / 2 : step, ceiling, 0, carried, queue, test);
        }

        private State startingAnew() {
            return new State(rate, START_STEP, RATE_MAX, calmNanos, carried, queue, test);
        }

        private static double limited(double rate) {
            return Math.clamp(rate, RATE_MIN, RATE_MAX);
        }
    }

    static State next(State before, Sample sample) {
        if (sample.roundTripMicros() <= 0) {
            return before;
        }
        if (sample.bytes() == 0 && !sample.underWay()) {
            // What the kernel says is old, and good for the shortest way only.
            return before.with(before.queue().atLeast(sample.roundTripMicros()));
        }
        State state = before.seen(sample);
        Test test = state.test();
        if (test != null) {
            Test further = test.after(state.queue().micros(), sample.nanos());
            return further.over() ? concluded(state.with((Test) null), further) : state.with(further);
        }
        return state.queue().micros() > TARGET_MICROS
                ? giveWay(
                        state.with(
                                state.queue().longer(sample.nanos(), sample.bytesPerSecond() < PROVEN * state.rate())),
                        sample,
                        before.queue().micros())
                : grow(state.with(state.queue().calm()), sample);
    }

    /// @param microsBefore what stood in the queue at the sample before
    private static State giveWay(State state, Sample sample, long microsBefore) {
        Queue queue = state.queue();
        Carried carried = state.carried();
        long standing = Math.min(queue.micros(), microsBefore);
        if (queue.highNanos() >= DOUBT_NANOS) {
            return state.cutTo(FLOOR * carried.recent()).with(new Test(standing, carried.recent(), 0, 0, 0));
        }
        boolean refused = state.starting() && queue.refused();
        long confirm = refused ? CONFIRM_AT_START_NANOS : CONFIRM_NANOS;
        // A queue that empties needs time, and no second cut.
        boolean empties = queue.micros() < microsBefore && !state.starting();
        if (empties || state.calmNanos() < HOLD_NANOS || queue.highNanos() < confirm) {
            return state.starting() ? stepBack(state, sample) : state;
        }
        double inUse = carried.most() > 0 ? Math.min(state.rate(), carried.most()) : state.rate();
        double floor = FLOOR * (carried.peak() > 0 ? carried.peak() : state.rate() / HEADROOM);
        if (queue.highNanos() < PATIENCE_NANOS) {
            floor = Math.max(floor, PROVEN * carried.calm());
        }
        boolean deep = standing > 2 * TARGET_MICROS || refused;
        double cut = inUse * (deep ? CUT_DEEP : CUT);
        // With a queue before it the link carries what it can, and says so better than a rate that was cut already.
        double ceiling = CEILING * (carried.most() > 0 ? Math.max(carried.most(), carried.calm()) : inUse);
        return state.cutTo(Math.max(cut, floor)).below(ceiling);
    }

    /// What arrives is what the link carries if this is a queue of ours, and while that is made sure it must not
    /// grow. If it is none, one step is lost.
    private static State stepBack(State state, Sample sample) {
        return state.at(Math.clamp(sample.bytesPerSecond(), state.rate() / START_STEP, state.rate()));
    }

    /// @param test was long enough
    private static State concluded(State state, Test test) {
        Carried carried = state.carried();
        Queue queue = state.queue();
        if (test.mean() > TEST_DROP * test.micros()) {
            // Whoever it is that makes packets late, yielding helps nobody.
            return state.with(queue.notOurs(Math.min(test.mean(), test.micros())))
                    .at(carried.peak())
                    .below(carried.peak());
        }
        // The queue is ours, so the link carries less than it did.
        Carried less = carried.withPeak(test.capacity());
        return new State(state.rate(), 1, CEILING * test.capacity(), state.calmNanos(), less, queue.calm(), null);
    }

    private static State grow(State before, Sample sample) {
        // The queue that ended the start was somebody else's, or there was none, or the link has more room now.
        boolean beyond = before.carried().recent() > BEYOND * before.ceiling();
        State state = beyond ? before.startingAnew() : before;
        Carried carried = state.carried();
        double factor = state.rate() < state.ceiling() ? REGAIN : probe(state.calmNanos());
        if (state.starting()) {
            factor = state.queue().micros() <= TARGET_MICROS / 2 ? state.step() : REGAIN;
        }
        // While the rate grows by steps, the last sample is ahead of the last window.
        double used = Math.max(carried.most(), sample.bytesPerSecond());
        double headroom = state.starting() ? START_STEP : HEADROOM;
        double most = Math.max(headroom * used, Math.max(RATE_START, Math.min(RATE_KEPT, carried.peak())));
        return state.at(Math.min(state.rate() * factor, most));
    }

    private static double probe(long calmNanos) {
        if (calmNanos < CALM_NANOS) {
            return PROBE;
        }
        return calmNanos < 2 * CALM_NANOS ? PROBE_CALM : REGAIN;
    }
}
