package io.godwit.benchmarks.subject;

/// A guest that is booted on host 1, moved once to host 2, and removed: by Godwit or by QEMU.
public interface Subject extends AutoCloseable {
    /// Starts its boot.
    void boot();

    /// Moves it and waits for the end. If it is given up in time the guest runs on where it was.
    ///
    /// @param downtimeMs  the downtime that may be planned with
    /// @throws io.godwit.chaos.lab.LabException if the move failed in another way than not to converge
    Move move(int downtimeMs, int timeoutS);

    /// Removes it, wherever it is. Idempotent.
    @Override
    void close();
}
