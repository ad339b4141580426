package io.godwit.benchmarks.measure;

/// How long a guest's pings took; one that was lost waits for ever, so that nobody gains by losing it.
///
/// @param p99Ms  of those sent while the guest was watched; positive infinity if it falls among lost ones
public record PingWaits(double p99Ms) {}
