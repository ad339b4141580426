package io.godwit.benchmarks.measure;

import java.lang.foreign.Arena;

/// Memory that is this machine's now, held until whoever is measured needs as much of it. A virtual machine may have
/// given its free memory back to its own host; each page it then touches first has to be had again from there, which
/// takes five times as long as all else that a first touch is, and is none of a migration's costs on a host of its
/// own. What has just been given back to the kernel is what the kernel hands out next.
public final class PresentMemory implements AutoCloseable {
    private final Arena arena;

    private PresentMemory(Arena arena) {
        this.arena = arena;
    }

    /// Takes so much memory and touches all of it, which may take seconds.
    ///
    /// @throws OutOfMemoryError if there is not so much; nothing is held then
    public static PresentMemory take(long bytes) {
        Arena arena = Arena.ofShared();
        try {
            // Zeroed by allocate(), and so touched. Nothing needs to be kept but the arena.
            var _ = arena.allocate(bytes);
            return new PresentMemory(arena);
        } catch (OutOfMemoryError e) {
            arena.close();
            throw e;
        }
    }

    /// Gives it back to the kernel, at once. Idempotent.
    public void release() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    @Override
    public void close() {
        release();
    }
}
