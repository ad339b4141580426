package io.godwit.chaos.workload;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/// One line of the guest's status service. A workload that does not run leaves its figures at zero.
///
/// @param bootId         a different one after every boot: equal before and after a move
/// @param ticks          grows by up to 50 a second while the guest runs
/// @param memoryWritten  pages written since boot
/// @param memoryPasses   times the working set was written
/// @param memoryChecks   times all memory was checked
/// @param memoryErrors   pages found wrong in these
/// @param diskRecords    acknowledged so far: also the number of the next
/// @param diskFailures   appends that failed
@JsonIgnoreProperties(ignoreUnknown = true)
public record GuestStatus(
        double uptimeSeconds,
        String bootId,
        long ticks,
        long memoryPages,
        long memoryWritten,
        long memoryPasses,
        long memoryChecks,
        long memoryErrors,
        long diskRecords,
        long diskFailures,
        long echoedBytes) {}
