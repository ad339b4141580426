package io.godwit.shim;

import java.time.Duration;
import java.util.List;

/// Copies of the frames that this host sends to a guest's network cards, for a host to which the guest moves.
/// The guest gets its frames as if nobody looked on.
///
/// Opened while the guest runs, begun once it is paused. From then on it has every frame the guest had not
/// received when it was paused, and every one that comes. At most two that the guest did receive are among
/// them, for what its hypervisor has read may still have waited there. Safe for use by several threads.
public interface FrameCapture extends AutoCloseable {

    /// Of a guest without network cards.
    FrameCapture NONE = new FrameCapture() {
        @Override
        public void begin() {}

        @Override
        public List<GuestFrame> take(int bytesMax, Duration timeout) {
            return List.of();
        }

        @Override
        public void runsElsewhere() {}

        @Override
        public Figures figures() {
            return new Figures(0, 0, Long.MAX_VALUE, true);
        }

        @Override
        public void close() {}
    };

    /// The guest is paused. Returns at once, for this is downtime. Before this call only what it has not
    /// received is kept, afterwards everything.
    void begin();

    /// Takes away the oldest frames, in the order in which they came to their card; waits for the first.
    ///
    /// @param bytesMax of all of them, unless the first is larger
    /// @return empty if none came within the time, or this is closed
    List<GuestFrame> take(int bytesMax, Duration timeout) throws InterruptedException;

    /// The guest runs on another host: what is sent to everybody reaches it there, and is not captured any
    /// more.
    void runsElsewhere();

    Figures figures();

    /// Captures nothing any more; what was not taken is lost. Idempotent.
    @Override
    void close();

    /// @param captured   frames kept for the guest since [#begin], taken or not
    /// @param dropped    frames since then for which there was no room
    /// @param quietNs    since the last frame that was for this guest alone
    /// @param announced  somebody has said in the guest's name that it is elsewhere, and this host's bridge has
    ///                   heard it: the bridge sends nothing more here
    record Figures(long captured, long dropped, long quietNs, boolean announced) {}
}
