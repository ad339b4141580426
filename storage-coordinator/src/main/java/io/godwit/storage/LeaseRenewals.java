package io.godwit.storage;

/// Hears of every renewal of this host's lease, on the renewing thread, which it must not keep waiting.
///
/// A renewal is a write, and more than that: an answered read would prove nothing, for a follower that is cut
/// off from its leader goes on answering reads for seconds while the leader lets the session die. It is
/// acknowledged only while the host's `alive` node stands and is of this very session, so whoever finds that
/// node gone knows that no renewal was sent and acknowledged since.
public interface LeaseRenewals {
    /// Ends the renewing.
    interface Renewing extends AutoCloseable {
        /// When this returns, or soon after, nothing is renewed or heard of any more.
        @Override
        void close();
    }

    /// Called right before the request is handed to the connection.
    ///
    /// @param request          counts up
    /// @param session          ZooKeeper's number of it
    /// @param sessionTimeoutMs as negotiated
    void sending(long request, long session, int sessionTimeoutMs);

    /// The servers have carried the request out.
    void acknowledged(long request, long session, int sessionTimeoutMs);

    /// No answer came, or one that proves nothing.
    void unacknowledged(String reason);
}
