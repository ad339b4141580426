package io.godwit.migration;

/// How a migration encodes pages. What the target does not understand is left out.
///
/// @param deltaCacheBytes  memory outside the heap for what was sent of pages that are written again and again, so
///                         that only their differences travel; 0 sends none. It is taken as it is needed
public record PagePolicy(long deltaCacheBytes) {
    public static final long DELTA_CACHE_BYTES_MAX = 64L << 30;

    /// Twice QEMU's, and no more than a thousandth of what a host has that runs guests in earnest.
    public static final PagePolicy DEFAULT = new PagePolicy(128 << 20);

    public PagePolicy {
        if (deltaCacheBytes < 0 || deltaCacheBytes > DELTA_CACHE_BYTES_MAX) {
            throw new IllegalArgumentException("The cache for differences is not from 0 to 64 GiB");
        }
    }

    public PagePolicy withoutDeltas() {
        return new PagePolicy(0);
    }
}
