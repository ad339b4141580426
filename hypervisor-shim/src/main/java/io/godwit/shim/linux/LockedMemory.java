package io.godwit.shim.linux;

import io.godwit.shim.HypervisorException;

/// Keeps this process out of the swap.
public final class LockedMemory {
    private static final int MCL_CURRENT = 1;
    private static final int MCL_FUTURE = 2;
    /// A page is locked when it is first used: a Java machine reserves far more than it ever touches.
    private static final int MCL_ONFAULT = 4;

    private LockedMemory() {}

    /// From now on every page that this process has touched, or will, stays in memory. On failure nothing has
    /// changed, and the message says why.
    public static void lock() throws HypervisorException {
        Libc.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)
                .orThrow("Could not lock this process's memory against swapping");
    }
}
