package io.godwit.chaos.probe;

import java.util.BitSet;

/// A series of numbered datagrams and their answers.
///
/// @param sent             datagrams
/// @param unanswered       of these, not answered though the prober waited for it
/// @param duplicates       answers beyond the first
/// @param firstUnanswered  its number, from 0; -1 if all were answered
public record DatagramLog(long sent, long unanswered, long duplicates, long firstUnanswered) {

    /// @param answered the numbers that were answered
    static DatagramLog of(int sent, BitSet answered, long duplicates) {
        int first = answered.nextClearBit(0);
        return new DatagramLog(sent, sent - answered.cardinality(), duplicates, first < sent ? first : -1);
    }
}
