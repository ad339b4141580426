package io.godwit.storage.network;

/// Runs something later. What runs must not block for long.
interface Timers extends AutoCloseable {
    /// @return cancels it, if it has not begun
    Runnable after(long delayMs, Runnable task);

    @Override
    void close();
}
