package io.godwit.benchmarks.measure;

/// What a move has cost both hosts.
///
/// @param cpuSeconds       of all processes
/// @param guestCpuSeconds  of these, the guest's own processors
/// @param guestWaitSeconds how long these waited for a processor of the host
/// @param agentBytesMax    the most that an agent had in memory of its own, the guest's RAM not counted
/// @param agentHeapBytesMax the most that was seen to be in use of an agent's heap; 0 if the move was over before
///                          anybody looked
public record HostUse(
        double cpuSeconds,
        double guestCpuSeconds,
        double guestWaitSeconds,
        long agentBytesMax,
        long agentHeapBytesMax) {
    /// What moving the guest took beyond running it.
    public double movingCpuSeconds() {
        return cpuSeconds - guestCpuSeconds;
    }
}
