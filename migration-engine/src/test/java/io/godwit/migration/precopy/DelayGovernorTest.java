package io.godwit.migration.precopy;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.migration.precopy.DelayGovernor.Sample;
import io.godwit.migration.precopy.DelayGovernor.State;
import java.util.Arrays;
import java.util.Random;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

/// The governor on simulated links: a queue that fills with what is sent beyond the link's rate, and round
/// trips that tell of it, smoothed as TCP does.
class DelayGovernorTest {
    private static final double MIB = 1 << 20;
    private static final double GIGABIT = 112 * MIB;
    private static final double BITS = 1e6 / 8;
    private static final double TEN_MS = 0.010;
    private static final int STEPS = 1_000;

    /// Part of the kernel's average that is from the last 10 ms, where hundreds of acknowledgements arrive in
    /// that time, and where a handful do, as over a slow link.
    private static final double MANY_ACKNOWLEDGEMENTS = 0.8;

    private static final double FEW_ACKNOWLEDGEMENTS = 0.3;

    /// What connections hold back in this process and in the kernel.
    private static final double BUFFERS = 4 * MIB;

    /// @param linkRate      bytes a second by time in ms; 0 for a link that is never the limit
    /// @param supplyRate    what the encoders manage
    /// @param baseMicros    a round trip without any queue
    /// @param noise         added to each round trip, by random
    private record Net(LongUnaryOperator linkRate, double supplyRate, long baseMicros, Noise noise) {
        interface Noise {
            double micros(Random random, int step);
        }
    }

    private static final class Seen {
        private final double[] queueMs;
        private final double[] sentPerSecond;
        private final double droppedBytes;
        private final State last;

        Seen(double[] queueMs, double[] sentPerSecond, double droppedBytes, State last) {
            this.queueMs = queueMs;
            this.sentPerSecond = sentPerSecond;
            this.droppedBytes = droppedBytes;
            this.last = last;
        }

        /// When so much was carried in 10 ms for the first time.
        int stepOf(double bytesPerSecond) {
            int step = 0;
            while (step < sentPerSecond.length && sentPerSecond[step] < bytesPerSecond) {
                step++;
            }
            return step;
        }

        double queueMsAt(double quantile, int from) {
            double[] sorted = Arrays.copyOfRange(queueMs, from, queueMs.length);
            Arrays.sort(sorted);
            return sorted[(int) (quantile * (sorted.length - 1))];
        }

        double mean(int from, int to) {
            return Arrays.stream(sentPerSecond, from, to).average().orElse(0);
        }
    }

    private static Seen run(Net net, int steps) {
        return run(net, steps, 0);
    }

    /// @param burstBytes how much is handed to the kernel at a time
    private static Seen run(Net net, int steps, long burstBytes) {
        return run(net, steps, burstBytes, MANY_ACKNOWLEDGEMENTS);
    }

    /// @param smoothing how much of the kernel's average is from the last 10 ms
    private static Seen run(Net net, int steps, long burstBytes, double smoothing) {
        Random random = new Random(11);
        // Before anything is sent the kernel knows a round trip already, from the handshake.
        State state =
                DelayGovernor.next(State.START, new Sample(DelayGovernor.INTERVAL_NANOS, 0, net.baseMicros(), false));
        double kept = 0;
        double bufferBytes = 0;
        double queueBytes = 0;
        double smoothed = net.baseMicros();
        double dropped = 0;
        double[] queueMs = new double[steps];
        double[] sent = new double[steps];
        for (int step = 0; step < steps; step++) {
            double link = net.linkRate().applyAsLong(step * 10L);
            double rate = Math.min((double) state.bytesPerSecond(), net.supplyRate());
            double arrived = rate * TEN_MS;
            boolean idle = false;
            if (link > 0) {
                kept += Math.min(rate * TEN_MS, Math.max(0, BUFFERS - bufferBytes) + link * TEN_MS);
                if (kept >= burstBytes) {
                    bufferBytes += kept;
                    kept = 0;
                }
                // 10 ms of buffer in the switch; beyond it TCP would find losses and wait.
                double room = link * TEN_MS + Math.max(0, link * TEN_MS - queueBytes);
                double offered = Math.min(bufferBytes, 1.05 * state.rate() * TEN_MS);
                double out = Math.min(offered, room);
                dropped += offered - out;
                bufferBytes -= out;
                arrived = Math.min(queueBytes + out, link * TEN_MS);
                queueBytes += out - arrived;
                idle = bufferBytes < 1 && queueBytes < 1;
                queueMs[step] = queueBytes / link * 1000;
            }
            sent[step] = arrived / TEN_MS;
            double rtt = net.baseMicros()
                    + queueMs[step] * 1000
                    + Math.max(0, net.noise().micros(random, step));
            smoothed += smoothing * (rtt - smoothed);
            state = DelayGovernor.next(
                    state, new Sample(DelayGovernor.INTERVAL_NANOS, Math.round(arrived), Math.round(smoothed), !idle));
        }
        return new Seen(queueMs, sent, dropped, state);
    }

    private static Net link(LongUnaryOperator rate) {
        return new Net(rate, 10_000 * MIB, 150, (random, _) -> 100 * random.nextDouble());
    }

    @Test
    void fillsALinkWithoutFillingItsQueue() {
        Seen seen = run(link(_ -> (long) GIGABIT), STEPS);
        assertThat(seen.mean(20, STEPS)).isGreaterThan(0.9 * GIGABIT);
        assertThat(seen.queueMsAt(0.99, 20)).isLessThan(4);
        assertThat(seen.queueMsAt(0.5, 20)).isLessThan(2);
        assertThat(seen.queueMsAt(1, 0)).as("while it starts").isLessThan(8);
    }

    @Test
    void theStartDropsNoPacketOver100Mbit() {
        Seen seen = run(link(_ -> (long) (100 * BITS)), STEPS, 0, FEW_ACKNOWLEDGEMENTS);
        assertThat(seen.droppedBytes).isZero();
        assertThat(seen.mean(5, 50)).isGreaterThan(0.8 * 100 * BITS);
    }

    @Test
    void theStartDropsNoPacketOver200Mbit() {
        Seen seen = run(link(_ -> (long) (200 * BITS)), STEPS, 0, FEW_ACKNOWLEDGEMENTS);
        assertThat(seen.droppedBytes).isZero();
        assertThat(seen.mean(5, 50)).isGreaterThan(0.8 * 200 * BITS);
    }

    /// Wherever within a step of the rate the link is met, and also where acknowledgements are few.
    @Test
    void theStartDropsNoPacketOverAnyLinkFrom50MbitTo10Gbit() {
        for (double megabits = 50; megabits <= 10_000; megabits *= 1.04) {
            long rate = (long) (megabits * BITS);
            for (double smoothing : new double[] {FEW_ACKNOWLEDGEMENTS, MANY_ACKNOWLEDGEMENTS}) {
                Seen seen = run(link(_ -> rate), STEPS, 0, smoothing);
                assertThat(seen.droppedBytes)
                        .as("%.0f Mbit/s, smoothed by %.1f", megabits, smoothing)
                        .isZero();
            }
        }
    }

    @Test
    void theStartIsNoLongWait() {
        Seen gigabit = run(link(_ -> (long) GIGABIT), STEPS);
        assertThat(gigabit.stepOf(0.9 * GIGABIT)).isLessThanOrEqualTo(10);
        Seen tenGigabit = run(link(_ -> (long) (10 * GIGABIT)), STEPS);
        assertThat(tenGigabit.stepOf(9 * GIGABIT)).isLessThanOrEqualTo(16);
    }

    /// Encoders that are slow at first must not leave a rate behind that nobody has tried.
    @Test
    void theStartIsNeverFarAheadOfWhatHasArrived() {
        State state = State.START;
        for (int step = 0; step < 200; step++) {
            state = DelayGovernor.next(
                    state, new Sample(DelayGovernor.INTERVAL_NANOS, Math.round(10 * MIB * TEN_MS), 150, true));
            assertThat((double) state.bytesPerSecond()).isLessThanOrEqualTo(1.51 * 10 * MIB);
        }
        assertThat((double) state.bytesPerSecond()).isGreaterThan(1.49 * 10 * MIB);
    }

    /// Late answers may end the start far below what the link carries; that nothing queues there is noticed.
    @Test
    void aMachineThatIsBusyAtTheStartIsNoSlowLink() {
        Seen seen = run(
                new Net(
                        _ -> (long) GIGABIT,
                        10_000 * MIB,
                        150,
                        (random, step) -> step > 2 && step < 30 ? 2_500 + 1_500 * random.nextDouble() : 100),
                STEPS);
        assertThat(seen.stepOf(0.9 * GIGABIT)).isLessThan(100);
        assertThat(seen.mean(100, STEPS)).isGreaterThan(0.9 * GIGABIT);
        Seen nowAndThen = run(
                new Net(
                        _ -> (long) GIGABIT,
                        70 * MIB,
                        25,
                        (random, step) -> step / 17 % 2 == 0 ? 2_500 + 1_500 * random.nextDouble() : 100),
                STEPS);
        assertThat(nowAndThen.mean(0, STEPS)).isGreaterThan(0.5 * 70 * MIB);
    }

    @Test
    void aSlowLinkIsFoundAsWell() {
        Seen seen = run(link(_ -> (long) (11 * MIB)), STEPS);
        assertThat(seen.mean(100, STEPS)).isGreaterThan(0.85 * 11 * MIB);
        assertThat(seen.queueMsAt(0.99, 100)).isLessThan(5);
    }

    /// A slow link's buffers take a piece now and then; in between they take nothing, but the link carries.
    @Test
    void aLinkWhoseKernelTakesMuchAtATimeIsFoundAsWell() {
        Seen seen = run(link(_ -> (long) (24 * MIB)), STEPS, 768 << 10);
        assertThat(seen.mean(100, STEPS)).isGreaterThan(0.85 * 24 * MIB);
        assertThat(seen.queueMsAt(0.9, 100)).isLessThan(4);
    }

    @Test
    void makesRoomWhenOthersComeAndTakesItBackWhenTheyGo() {
        Seen seen = run(link(ms -> (long) (ms > 3_000 && ms < 6_000 ? GIGABIT / 3 : GIGABIT)), STEPS);
        assertThat(seen.mean(350, 600)).isBetween(0.25 * GIGABIT, 0.36 * GIGABIT);
        assertThat(seen.queueMsAt(0.9, 20)).isLessThan(4);
        assertThat(seen.mean(800, STEPS)).isGreaterThan(0.85 * GIGABIT);
    }

    @Test
    void aLinkThatIsNeverFullIsNoLimit() {
        Seen seen = run(new Net(_ -> 0, 2_000 * MIB, 60, (random, _) -> 50 * random.nextDouble()), STEPS);
        assertThat(seen.mean(10, STEPS)).isGreaterThan(0.99 * 2_000 * MIB);
    }

    @Test
    void aBusyMachinesLateAnswersCostLittle() {
        // One round trip in five is milliseconds late, for nothing that is sent.
        Seen seen = run(
                new Net(
                        _ -> 0,
                        500 * MIB,
                        80,
                        (random, _) -> random.nextInt(5) == 0 ? 8_000 * random.nextDouble() : 50),
                STEPS);
        assertThat(seen.mean(10, STEPS)).isGreaterThan(0.8 * 500 * MIB);
    }

    @Test
    void aVeryBusyMachinesLateAnswersCostMoreButAreNoEnd() {
        Seen seen = run(
                new Net(_ -> 0, 500 * MIB, 80, (random, _) -> random.nextBoolean() ? 8_000 * random.nextDouble() : 50),
                STEPS);
        assertThat(seen.mean(10, STEPS)).isGreaterThan(0.4 * 500 * MIB);
    }

    @Test
    void aMachineThatIsBusyNowAndThenIsNoSlowLink() {
        // From the third second on, late for a sixth of a second and punctual for the next.
        Seen seen = run(
                new Net(
                        _ -> (long) GIGABIT,
                        70 * MIB,
                        25,
                        (random, step) -> step > 300 && step / 17 % 2 == 0 ? 2_500 + 1_500 * random.nextDouble() : 100),
                STEPS);
        assertThat(seen.mean(300, STEPS)).isGreaterThan(0.75 * 70 * MIB);
    }

    @Test
    void aMachineThatIsBusyForLongIsNoSlowLinkEither() {
        Seen seen = run(
                new Net(
                        _ -> (long) GIGABIT,
                        70 * MIB,
                        25,
                        (random, step) -> step > 300 ? 1_500 + 3_000 * random.nextDouble() : 100),
                STEPS);
        assertThat(seen.mean(300, STEPS)).isGreaterThan(0.85 * 70 * MIB);
    }

    @Test
    void aDelayThatIsNotOursDoesNotStarveTheMigration() {
        // Somebody else's queue, or a longer way, from the second second on.
        Seen seen = run(new Net(_ -> 0, 300 * MIB, 200, (_, step) -> step > 200 ? 6_000 : 0), STEPS);
        assertThat(seen.mean(200, STEPS)).isGreaterThan(0.85 * 300 * MIB);
        assertThat(Arrays.stream(seen.sentPerSecond).skip(20).min().orElse(0)).isGreaterThan(0.15 * 300 * MIB);
    }

    @Test
    void whileNothingIsSentNothingIsConcluded() {
        State state = run(link(_ -> (long) GIGABIT), 100).last;
        State after = state;
        for (int i = 0; i < 1_000; i++) {
            after = DelayGovernor.next(after, new Sample(DelayGovernor.INTERVAL_NANOS, 0, 50_000, false));
            after = DelayGovernor.next(after, new Sample(DelayGovernor.INTERVAL_NANOS, 1_000, 0, true));
        }
        assertThat(after).isEqualTo(state);
    }

    @Test
    void whateverIsSeenTheRateStaysWithinItsLimits() {
        Random random = new Random(5);
        State state = State.START;
        for (int i = 0; i < 20_000; i++) {
            state = DelayGovernor.next(
                    state,
                    new Sample(
                            1 + random.nextLong(50_000_000),
                            random.nextLong(1 << random.nextInt(1, 31)),
                            random.nextLong(1 << random.nextInt(1, 31)),
                            random.nextBoolean()));
            assertThat(state.bytesPerSecond()).isBetween(DelayGovernor.RATE_MIN, DelayGovernor.RATE_MAX);
        }
    }
}
