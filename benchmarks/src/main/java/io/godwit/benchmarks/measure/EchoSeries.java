package io.godwit.benchmarks.measure;

import java.util.Arrays;

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
        int sent = end - first;
        long[] waitsNs = new long[sent];
        int answered = 0;
        for (int i = first; i < end; i++) {
            if (answeredNs[i] != 0) {
                waitsNs[answered++] = answeredNs[i] - sentNs[i];
            }
        }
        waitsNs = Arrays.copyOf(waitsNs, answered);
        Arrays.sort(waitsNs);
        return new EchoSeen(
                sent,
                sent - answered,
                duplicates,
                longestGapMs(answersBetween(fromNs, toNs), fromNs, toNs),
                percentileMs(waitsNs, 0.50),
                percentileMs(waitsNs, 0.99),
                longestGapMs(Arrays.copyOfRange(sentNs, first, end), fromNs, toNs));
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

    /// NaN of nothing.
    private static double percentileMs(long[] sortedNs, double share) {
        if (sortedNs.length == 0) {
            return Double.NaN;
        }
        int index = (int) Math.ceil(share * sortedNs.length) - 1;
        return sortedNs[Math.max(0, index)] / 1e6;
    }
}
