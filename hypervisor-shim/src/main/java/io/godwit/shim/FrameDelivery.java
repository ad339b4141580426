package io.godwit.shim;

/// Puts frames from another host before a guest's network cards, as if this host's network had sent them.
public interface FrameDelivery extends AutoCloseable {

    /// To a guest without network cards.
    FrameDelivery NONE = new FrameDelivery() {
        @Override
        public boolean deliver(GuestFrame frame) {
            return false;
        }

        @Override
        public void close() {}
    };

    /// Puts a frame at the end of what waits for the card. Waits a moment while too much waits there already.
    ///
    /// @return false if the card takes no frames, or is not there
    boolean deliver(GuestFrame frame) throws InterruptedException;

    @Override
    void close();
}
