package io.godwit.migration.postcopy;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPages;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Nobody who waits for a page is forgotten, whatever fails.
@Timeout(60)
class FaultWatchTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final AtomicLong nanos = new AtomicLong(1L << 40);
    private final Kernel kernel = new Kernel();
    private final Target target = new Target();

    private void watch() {
        new FaultWatch("web1", kernel, PATIENCE, nanos::get, target).run();
    }

    @Test
    void whatTheKernelTellsOnceIsAnsweredThoughTheFirstAnswerFails() {
        kernel.faults.add(new long[] {5, 7});
        kernel.faults.add(new long[] {9});
        target.answersToFail = 1;
        watch();
        assertThat(target.calls).containsExactly("fails [5, 7]", "again", "answers [5, 7]", "answers [9]");
    }

    @Test
    void aKernelThatCannotBeAskedIsAskedAgain() {
        kernel.failures = 2;
        kernel.faults.add(new long[] {3});
        watch();
        assertThat(target.calls).containsExactly("again", "answers [3]");
    }

    @Test
    void whatFailsForLongerThanPatienceAllowsIsALoss() {
        kernel.failures = Integer.MAX_VALUE;
        kernel.faults.add(new long[] {3});
        target.passes = Duration.ofSeconds(4);
        watch();
        assertThat(target.calls)
                .singleElement()
                .asString()
                .startsWith("lost")
                .contains("for 10 s")
                .contains("the kernel says no");
        assertThat(nanos.get() - (1L << 40)).isBetween(PATIENCE.toNanos(), PATIENCE.toNanos() * 2);
    }

    @Test
    void eachTroubleIsGivenThePatienceAnew() {
        for (int i = 0; i < 6; i++) {
            kernel.faults.add(new long[] {i});
        }
        target.answersToFail = 1;
        target.failsEachAnswer = true;
        target.passes = Duration.ofSeconds(4);
        watch();
        assertThat(target.calls).hasSize(18).noneMatch(call -> call.startsWith("lost"));
        assertThat(nanos.get() - (1L << 40)).isGreaterThan(3 * PATIENCE.toNanos());
    }

    @Test
    void whoHasLetGoIsNotTroubled() {
        kernel.failures = 1;
        target.ended = true;
        watch();
        assertThat(target.calls).isEmpty();
    }

    /// Tells of faults in the order given; fails first, if it is to.
    private static final class Kernel implements MissingPages {
        private final Queue<long[]> faults = new ArrayDeque<>();
        private int failures;

        @Override
        public int awaitFaults(long[] into, Duration timeout) {
            if (failures > 0) {
                failures--;
                throw new IllegalStateException("the kernel says no");
            }
            long[] told = faults.remove();
            System.arraycopy(told, 0, into, 0, told.length);
            return told.length;
        }

        @Override
        public long place(long firstPage, MemorySegment content) {
            throw new AssertionError("nobody places here");
        }

        @Override
        public long placeZeros(long firstPage, long pageCount) {
            throw new AssertionError("nobody places here");
        }

        @Override
        public void complete() {
            throw new AssertionError("nobody completes here");
        }

        @Override
        public void close() {
            faults.clear();
        }
    }

    /// Goes on until every fault was answered. Time passes whenever it is asked whether it goes on.
    private final class Target implements FaultWatch.Side {
        private final List<String> calls = new ArrayList<>();
        private int answersToFail;
        private boolean failsEachAnswer;
        private boolean ended;
        private boolean answering;
        private Duration passes = Duration.ZERO;

        @Override
        public boolean going() {
            nanos.addAndGet(passes.toNanos());
            return answering || ended || !kernel.faults.isEmpty();
        }

        @Override
        public boolean ended() {
            return ended;
        }

        @Override
        public void answer(long[] pages, int count) throws HypervisorException {
            String told = Arrays.stream(pages, 0, count).boxed().toList().toString();
            if (answersToFail > 0) {
                answersToFail--;
                answering = true;
                calls.add("fails " + told);
                throw new HypervisorException("it cannot be placed");
            }
            answering = false;
            answersToFail = failsEachAnswer ? 1 : 0;
            calls.add("answers " + told);
        }

        @Override
        public void askAgain() {
            calls.add("again");
        }

        @Override
        public void lost(String reason) {
            calls.add("lost: " + reason);
        }
    }
}
