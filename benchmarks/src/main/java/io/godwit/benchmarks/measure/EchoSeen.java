package io.godwit.benchmarks.measure;

/// What an outsider saw of a guest that he sent numbered datagrams to, over some time.
///
/// @param lost            never answered
/// @param duplicates      answers beyond the first, of the whole series
/// @param silenceMs       the longest time without an answer
/// @param silenceBeganMs  when that began, with the last answer before it, since the beginning of the time watched
/// @param p50Ms           of the time until an answer, of all that was sent; what was lost waits for ever, so positive
///                        infinity if it falls among that
/// @param p99Ms           of the same
/// @param sendGapMs       the longest time in which the probe itself sent nothing: a silence that is not longer may be
///                        the probe's own
public record EchoSeen(
        long sent,
        long lost,
        long duplicates,
        double silenceMs,
        double silenceBeganMs,
        double p50Ms,
        double p99Ms,
        double sendGapMs) {}
