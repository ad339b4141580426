package io.godwit.shim.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.shim.GuestFrame;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What is kept of a guest's frames, figure by figure.
class FrameBacklogTest {
    private static final long MS = 1_000_000;

    private final FrameBacklog backlog =
            new FrameBacklog(figures(1000, 7), FrameBacklog.FRAMES_MAX, FrameBacklog.BYTES_MAX);
    private int next;

    @Test
    void whatTheGuestHasNotReadWhenItIsPausedIsKept() {
        see(10);
        backlog.progress(figures(1004, 7), 0);
        backlog.begin();
        assertThat(taken()).as("six unread, and two in doubt").containsExactly(2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(backlog.captured()).isEqualTo(8);
    }

    @Test
    void whatComesAfterThePauseIsKeptWhateverTheTapSays() {
        backlog.begin();
        see(3);
        backlog.progress(figures(1003, 7), 500 * MS);
        see(2);
        assertThat(taken()).containsExactly(0, 1, 2, 3, 4);
        assertThat(taken()).isEmpty();
        assertThat(backlog.captured()).isEqualTo(5);
        assertThat(backlog.dropped()).isZero();
    }

    @Test
    void whatWasReadLongAgoIsNoLongerInDoubt() {
        see(5);
        backlog.progress(figures(1005, 7), 5);
        backlog.progress(figures(1005, 7), FrameBacklog.DOUBT_NS + 6);
        backlog.begin();
        assertThat(taken()).isEmpty();
        assertThat(backlog.captured()).isZero();
    }

    /// A reader that was not given the processor reads late, and may be paused right after.
    @Test
    void whatWaitedLongAndWasReadJustNowIsInDoubt() {
        see(3);
        backlog.progress(figures(1000, 7), 0);
        backlog.progress(figures(1003, 7), FrameBacklog.DOUBT_NS * 3);
        backlog.begin();
        assertThat(taken()).containsExactly(1, 2);
    }

    @Test
    void framesThatWaitedBeforeAnybodyLookedAreNotTakenForLaterOnes() {
        // Three unknown ones are read first.
        see(2);
        backlog.progress(figures(1003, 7), 0);
        see(4);
        backlog.progress(figures(1005, 7), 0);
        see(4);
        backlog.progress(figures(1009, 7), 0);
        see(6);
        backlog.progress(figures(1010, 7), 0);
        backlog.begin();
        assertThat(taken()).as("five of the last six unread, two in doubt").contains(11, 12, 13, 14, 15);
    }

    /// A full tap drops the newest, so that of what it has dropped nothing is known to have been received.
    @Test
    void whatTheTapDroppedIsForwarded() {
        see(8);
        backlog.progress(figures(1000, 12), 0);
        backlog.begin();
        assertThat(taken()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    }

    @Test
    void droppedFramesOfThePastDoNotCountForEver() {
        see(8);
        // Three read, five dropped: nothing waits.
        backlog.progress(figures(1003, 12), 0);
        see(4);
        backlog.progress(figures(1006, 12), 0);
        backlog.begin();
        assertThat(taken()).as("one unread, two in doubt").containsExactly(9, 10, 11);
    }

    @Test
    void framesNobodyCouldLookAtMakeItMoreCareful() {
        see(4);
        backlog.missed(3);
        backlog.progress(figures(1004, 7), 0);
        backlog.begin();
        assertThat(taken()).containsExactly(0, 1, 2, 3);
        backlog.missed(2);
        assertThat(backlog.dropped()).isEqualTo(2);
    }

    @Test
    void framesOfNoUseCountAndAreNotTaken() {
        see(2);
        backlog.seen(null);
        see(1);
        backlog.progress(figures(1001, 7), 0);
        backlog.begin();
        assertThat(taken()).containsExactly(0, 1, 2);
        backlog.seen(null);
        assertThat(backlog.isEmpty()).isTrue();
        assertThat(backlog.captured()).isEqualTo(3);
    }

    @Test
    void beforeThePauseTheOldestGiveWayAndAfterItTheNewest() {
        FrameBacklog small = new FrameBacklog(figures(0, 0), 3, 1 << 20);
        for (int number = 0; number < 5; number++) {
            small.seen(frame(number, 100));
        }
        small.begin();
        small.seen(frame(5, 100));
        assertThat(numbers(small.take(1 << 20))).containsExactly(2, 3, 4);
        assertThat(small.dropped()).isEqualTo(1);
        assertThat(small.captured()).isEqualTo(3);

        FrameBacklog narrow = new FrameBacklog(figures(0, 0), 100, 250);
        narrow.begin();
        for (int number = 0; number < 4; number++) {
            narrow.seen(frame(number, 100));
        }
        assertThat(numbers(narrow.take(1 << 20))).containsExactly(0, 1);
        assertThat(narrow.dropped()).isEqualTo(2);
    }

    @Test
    void batchesKeepToTheirSizeUnlessOneFrameIsLarger() {
        backlog.begin();
        for (int size : new int[] {100, 100, 900, 100}) {
            backlog.seen(frame(next++, size));
        }
        assertThat(numbers(backlog.take(250))).containsExactly(0, 1);
        assertThat(numbers(backlog.take(250))).containsExactly(2);
        assertThat(numbers(backlog.take(250))).containsExactly(3);
    }

    private void see(int count) {
        IntStream.range(0, count).forEach(_ -> backlog.seen(frame(next++, 64)));
    }

    private List<Integer> taken() {
        return numbers(backlog.take(1 << 20));
    }

    private static List<Integer> numbers(List<GuestFrame> frames) {
        return frames.stream().map(frame -> (int) frame.bytes()[20]).toList();
    }

    private static GuestFrame frame(int number, int size) {
        byte[] bytes = new byte[size];
        bytes[20] = (byte) number;
        return new GuestFrame(0, bytes);
    }

    private static TapCounters.Figures figures(long read, long dropped) {
        return new TapCounters.Figures(read, dropped);
    }
}
