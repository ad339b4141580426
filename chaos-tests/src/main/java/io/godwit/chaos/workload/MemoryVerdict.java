package io.godwit.chaos.workload;

/// What the guest's own checker found when it compared every byte of its buffer.
///
/// @param wrong   pages that are not what was written last
/// @param checks  how often it has checked since boot, this time included
public record MemoryVerdict(long pages, long wrong, long checks) {}
