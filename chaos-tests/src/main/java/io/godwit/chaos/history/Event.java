package io.godwit.chaos.history;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/// One thing that was seen or done. Times are those of the machine's monotonic clock, in nanoseconds, which all
/// its processes and namespaces share.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Event.ProcessFound.class, name = "processFound"),
    @JsonSubTypes.Type(value = Event.ProcessLook.class, name = "processLook"),
    @JsonSubTypes.Type(value = Event.ProcessGone.class, name = "processGone"),
    @JsonSubTypes.Type(value = Event.Watched.class, name = "watched"),
    @JsonSubTypes.Type(value = Event.Acknowledged.class, name = "acknowledged"),
    @JsonSubTypes.Type(value = Event.Answered.class, name = "answered"),
    @JsonSubTypes.Type(value = Event.OwnerSeen.class, name = "ownerSeen"),
    @JsonSubTypes.Type(value = Event.FaultBegun.class, name = "faultBegun"),
    @JsonSubTypes.Type(value = Event.FaultEnded.class, name = "faultEnded"),
    @JsonSubTypes.Type(value = Event.AgentLaunched.class, name = "agentLaunched"),
    @JsonSubTypes.Type(value = Event.MigrationEnded.class, name = "migrationEnded"),
    @JsonSubTypes.Type(value = Event.MemoryChecked.class, name = "memoryChecked"),
    @JsonSubTypes.Type(value = Event.OperatorActed.class, name = "operatorActed"),
    @JsonSubTypes.Type(value = Event.Settled.class, name = "settled")
})
public sealed interface Event {
    long atNs();

    /// A QEMU was found that was not there before.
    ///
    /// @param process   its number and start time, `PID/TICKS`, which no other process ever has
    /// @param incoming  whether it was started to receive a guest, not to boot one
    record ProcessFound(long atNs, String process, String host, String guest, boolean incoming) implements Event {}

    /// A QEMU was looked at, and has used its processors since the look before, or its state has changed.
    ///
    /// @param sinceNs  before the look before began
    /// @param state    the kernel's letter: `T` is stopped
    /// @param ranNs    processor time the guest's own processors used in between; device threads do not count
    record ProcessLook(long atNs, long sinceNs, String process, String state, long ranNs) implements Event {}

    /// @param sinceNs  when it was last seen
    record ProcessGone(long atNs, long sinceNs, String process) implements Event {}

    /// How attentive the watch over the processes has been.
    ///
    /// @param looks         since the last event of this kind
    /// @param longestGapNs  between two of them
    record Watched(long atNs, long looks, long longestGapNs) implements Event {}

    /// The client was told by a guest's disk writer that a record is on its disk.
    ///
    /// @param run  which boot of the guest wrote it
    record Acknowledged(long atNs, String guest, long number, int crc, String run) implements Event {}

    /// A ping came back from a guest.
    record Answered(long atNs, String guest) implements Event {}

    /// A guest's owner record was read, and was not what it was at the reading before.
    ///
    /// @param zxid    of the change: puts the records of one guest in order
    /// @param state   `RUNNING`, `HANDOVER` or `STOPPED`
    /// @param target  of a handover; else empty
    record OwnerSeen(
            long atNs, String guest, long zxid, int version, String host, long epoch, String state, String target)
            implements Event {}

    /// @param fault  its number in the run's plan
    /// @param type   the name of its kind
    /// @param words  what is done to whom
    record FaultBegun(long atNs, int fault, String type, String words) implements Event {}

    /// @param failure  why it could not be done or undone; empty if it could
    record FaultEnded(long atNs, int fault, String failure) implements Event {}

    /// An agent that was not running was started, as its service manager would.
    record AgentLaunched(long atNs, String host) implements Event {}

    /// @param result  as the report has it; `REFUSED` if it did not begin, `UNKNOWN` if nobody could tell
    record MigrationEnded(long atNs, long sinceNs, String guest, String target, String result, String reason)
            implements Event {}

    /// A guest compared all its memory with what it had written.
    record MemoryChecked(long atNs, String guest, long pages, long wrong) implements Event {}

    /// Somebody had to do by hand what the cluster should do by itself.
    record OperatorActed(long atNs, String words) implements Event {}

    /// A phase without faults is over.
    ///
    /// @param sinceNs  its begin
    /// @param missing  what was not as it should be within the time allowed; empty if all was
    record Settled(long atNs, long sinceNs, String missing) implements Event {}
}
