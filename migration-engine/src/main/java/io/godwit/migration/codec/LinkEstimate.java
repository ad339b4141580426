package io.godwit.migration.codec;

/// What the connections carry, as far as it is known. Pure; time is an argument.
///
/// Only who had to wait for the link knows what it carries: whoever did not has sent less than it could take. What
/// was known is believed for some time, and then the link is taken for unlimited until somebody waits again. If it
/// turns out to be as before, it is believed twice as long, for each such attempt sends pages dearly.
///
/// @param bytesPerSecond  infinite while unknown
/// @param before          what it was when it was last known, or 0
/// @param knownAtNanos    when somebody last waited for it
/// @param patienceNanos   how long that is believed
record LinkEstimate(double bytesPerSecond, double before, long knownAtNanos, long patienceNanos) {
    private static final long PATIENCE_MIN_NANOS = 1_000_000_000L;
    private static final long PATIENCE_MAX_NANOS = 32_000_000_000L;

    /// The part of their time that workers wait when the link is what holds them up.
    private static final double LIMITED_SHARE = 0.15;

    private static final double AS_BEFORE = 1.5;

    static final LinkEstimate UNKNOWN = new LinkEstimate(Double.POSITIVE_INFINITY, 0, 0, PATIENCE_MIN_NANOS);

    boolean known() {
        return bytesPerSecond < Double.POSITIVE_INFINITY;
    }

    /// @param sentBytesPerSecond in the time since the last call
    /// @param waitedShare        the part of that time that workers waited for the link, from 0 to 1
    LinkEstimate after(double sentBytesPerSecond, double waitedShare, long nowNanos) {
        if (waitedShare >= LIMITED_SHARE) {
            return limited(sentBytesPerSecond, nowNanos);
        }
        if (known() && nowNanos - knownAtNanos > patienceNanos) {
            return new LinkEstimate(Double.POSITIVE_INFINITY, bytesPerSecond, nowNanos, patienceNanos);
        }
        return known() && sentBytesPerSecond > bytesPerSecond
                ? new LinkEstimate(sentBytesPerSecond, before, knownAtNanos, patienceNanos)
                : this;
    }

    private LinkEstimate limited(double sentBytesPerSecond, long nowNanos) {
        if (known() || before == 0) {
            return new LinkEstimate(sentBytesPerSecond, before, nowNanos, patienceNanos);
        }
        boolean asBefore = sentBytesPerSecond < before * AS_BEFORE;
        long patience = asBefore ? Math.min(patienceNanos * 2, PATIENCE_MAX_NANOS) : PATIENCE_MIN_NANOS;
        return new LinkEstimate(sentBytesPerSecond, before, nowNanos, patience);
    }
}
