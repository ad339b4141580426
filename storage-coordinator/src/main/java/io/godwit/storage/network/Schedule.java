package io.godwit.storage.network;

/// When an announcement is repeated.
final class Schedule {
    /// Since the guest's resumption: densely at first, for that is when a lost frame costs most, then each second
    /// for as long as a switch may need to learn its ports.
    static final long[] ANNOUNCE_AT_MS = {0, 50, 150, 400, 900, 2_000, 3_000, 4_000, 5_000};

    private Schedule() {}
}
