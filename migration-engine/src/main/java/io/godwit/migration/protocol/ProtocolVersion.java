package io.godwit.migration.protocol;

/// The versions this build speaks: the current one and those before it.
public final class ProtocolVersion {
    public static final int MIN = 1;
    public static final int MAX = 3;

    /// From this version on a target understands differences to pages that were sent before, and zstd.
    public static final int DELTA_AND_ZSTD = 2;

    /// From this version on a target takes frames that reached the guest's old host. An older one would take them for
    /// a mistake and give the migration up.
    public static final int LATE_FRAMES = 2;

    /// From this version on a target can run a guest some of whose pages come after it. An older one would take the
    /// question for a mistake.
    public static final int LATE_PAGES = 3;

    private ProtocolVersion() {}

    /// The newest version both sides speak.
    ///
    /// @throws ProtocolException if there is none
    public static int choose(int peerMin, int peerMax) throws ProtocolException {
        int chosen = Math.min(MAX, peerMax);
        if (chosen < MIN || chosen < peerMin) {
            throw new ProtocolException("No protocol version in common: this host speaks " + MIN + " to " + MAX
                    + ", the peer " + peerMin + " to " + peerMax);
        }
        return chosen;
    }
}
