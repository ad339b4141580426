package io.godwit.benchmarks.measure;

import io.godwit.chaos.probe.PingSeries;

/// How long a guest's pings took; one that was lost waits for ever, so that nobody gains by losing it.
///
/// @param p99Ms               of those sent while the guest was watched; positive infinity if it falls among lost ones
/// @param p99BeforeSilenceMs  of those sent from the operator's command until the longest silence began: what the
///                            move does to the guest's packets apart from its switchover. NaN if there were none
public record PingWaits(double p99Ms, double p99BeforeSilenceMs) {

    /// All moments are of `System.nanoTime`.
    ///
    /// @param watchedNs   from when on the guest was watched
    /// @param commandNs   the operator's command
    /// @param unwatchedNs until when
    public static PingWaits of(PingSeries series, EchoSeen echoes, long watchedNs, long commandNs, long unwatchedNs) {
        long silenceNs = commandNs + Math.round(echoes.silenceBeganMs() * 1e6);
        return new PingWaits(series.p99Ms(watchedNs, unwatchedNs), series.p99Ms(commandNs, silenceNs));
    }
}
