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
        Gap silence = longestGap(answersBetween(fromNs, toNs), fromNs, toNs);
        return new EchoSeen(
                waitsMs.length,
                Arrays.stream(waitsMs).filter(Double::isInfinite).count(),
                duplicates,
                silence.ns() / 1e6,
                (silence.beginNs() - fromNs) / 1e6,
                Waits.percentileMs(Arrays.stream(waitsMs), 0.50),
                Waits.percentileMs(Arrays.stream(waitsMs), 0.99),
                longestGap(Arrays.copyOfRange(sentNs, first, end), fromNs, toNs).ns() / 1e6);
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

    private record Gap(long beginNs, long ns) {}

    /// The ends count: nothing at all is a silence of the whole time. Of two that are alike it is the first.
    private static Gap longestGap(long[] momentsNs, long fromNs, long toNs) {
        Gap longest = new Gap(fromNs, 0);
        long last = fromNs;
        for (long moment : momentsNs) {
            if (moment - last > longest.ns()) {
                longest = new Gap(last, moment - last);
            }
            last = moment;
        }
        return toNs - last > longest.ns() ? new Gap(last, toNs - last) : longest;
    }
}
