package io.godwit.migration;

import io.godwit.migration.protocol.ProtocolVersion;

/// How a migration encodes pages. What the target does not understand is left out.
///
/// @param deltaCacheBytes  memory outside the heap for what was sent of pages that are written again and again, so
///                         that only their differences travel; 0 sends none. It is taken as it is needed
/// @param compression      how content is compressed
public record PagePolicy(long deltaCacheBytes, Compression compression) {
    public static final long DELTA_CACHE_BYTES_MAX = 64L << 30;

    /// Twice QEMU's, and no more than a thousandth of what a host has that runs guests in earnest.
    public static final PagePolicy DEFAULT = new PagePolicy(128 << 20, Compression.AUTO);

    public PagePolicy {
        if (deltaCacheBytes < 0 || deltaCacheBytes > DELTA_CACHE_BYTES_MAX) {
            throw new IllegalArgumentException("The cache for differences is not from 0 to 64 GiB");
        }
    }

    /// How pages are compressed. What does not compress always travels raw.
    public enum Compression {
        /// Raw, LZ4 or zstd: whatever brings the guest over soonest, decided anew all the time.
        AUTO,
        /// Raw or LZ4, likewise.
        FAST,
        NONE,
        LZ4,
        ZSTD;

        /// @throws IllegalArgumentException with the words there are, if this is none of them
        public static Compression parse(String word) {
            return Words.parse(values(), word);
        }

        /// As the command line and the configuration write it.
        public String word() {
            return Words.of(this);
        }
    }

    public PagePolicy withCompression(Compression other) {
        return new PagePolicy(deltaCacheBytes, other);
    }

    /// The same, as far as a target of this protocol version understands it.
    public PagePolicy understoodBy(int version) {
        if (version >= ProtocolVersion.DELTA_AND_ZSTD) {
            return this;
        }
        Compression known = switch (compression) {
            case AUTO, FAST -> Compression.FAST;
            case NONE -> Compression.NONE;
            case LZ4, ZSTD -> Compression.LZ4;
        };
        return new PagePolicy(0, known);
    }
}
