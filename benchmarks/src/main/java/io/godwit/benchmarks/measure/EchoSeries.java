package io.godwit.benchmarks.measure;

import io.godwit.chaos.probe.Waits;
import java.util.Arrays;
import java.util.stream.IntStream;

/// When datagrams were sent, and when the first answer to each came. Pure: the probe fills it.
///
/// @param sentNs      ascending
/// @param answeredNs  0 for those without an answer; as many as were sent
/// @param duplicates  answers beyond the first
@SuppressWarnings("ArrayRecordComponent") // never compared
record EchoSeries(long[] sentNs, long[] answeredNs, long duplicates) {

    EchoSeries {
        if (sentNs.length != answeredNs.length) {
            throw new IllegalArgumentException("As many answers as datagrams are needed");
        }
    }

    /// What was seen between two moments. Silence is looked for among answers that came between them, loss among
    /// datagrams that were sent between them.
    EchoSeen between(long fromNs, long toNs) {
        int first = firstFrom(fromNs);
        int end = firstFrom(toNs);
        double[] waitsMs = IntStream.range(first, end).mapToDouble(this::waitMs).toArray();
        return new EchoSeen(
                waitsMs.length,
                Arrays.stream(waitsMs).filter(Double::isInfinite).count(),
                duplicates,
                longestGapMs(answersBetween(fromNs, toNs), fromNs, toNs),
                Waits.percentileMs(Arrays.stream(waitsMs), 0.50),
                Waits.percentileMs(Arrays.stream(waitsMs), 0.99),
                longestGapMs(Arrays.copyOfRange(sentNs, first, end), fromNs, toNs));
    }

    private double waitMs(int index) {
        return answeredNs[index] == 0 ? Double.POSITIVE_INFINITY : (answeredNs[index] - sentNs[index]) / 1e6;
    }

    private int firstFrom(long momentNs) {
        int index = 0;
        while (index < sentNs.length && sentNs[index] - momentNs < 0) {
            index++;
        }
        return index;
    }

    /// In the order of their coming, which is not that of their numbers.
    private long[] answersBetween(long fromNs, long toNs) {
        return Arrays.stream(answeredNs)
                .filter(moment -> moment != 0 && moment - fromNs >= 0 && moment - toNs < 0)
                .sorted()
                .toArray();
    }

    /// The ends count: nothing at all is a silence of the whole time.
    private static double longestGapMs(long[] momentsNs, long fromNs, long toNs) {
        long longest = 0;
        long last = fromNs;
        for (long moment : momentsNs) {
            longest = Math.max(longest, moment - last);
            last = moment;
        }
        return Math.max(longest, toNs - last) / 1e6;
    }
}
