package io.godwit.chaos.probe;

/// A record the guest's disk writer has appended: the device had it and had flushed it.
///
/// @param number  its place on the disk, in records
/// @param crc     of its content
public record Acknowledgement(long number, int crc) {}
