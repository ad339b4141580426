package io.godwit.storage.fencing;

/// What is to be done about an image's fence, in the order given.
public sealed interface FenceAction {
    /// Write the mark so that it outlives any crash. Ends with [FenceEvent.Remembered] or
    /// [FenceEvent.NotRemembered].
    record Remember(Mark mark) implements FenceAction {}

    /// Make the export. Ends with [FenceEvent.Added] or, only if it is certainly not there,
    /// [FenceEvent.NotAdded]; else with [FenceEvent.DaemonLost].
    record Add(Grant grant) implements FenceAction {}

    /// Cut the export's connections and remove it. Ends with [FenceEvent.Gone], after its last request has ended
    /// and however long that takes, or [FenceEvent.DaemonLost].
    record Remove(Grant grant) implements FenceAction {}

    /// The request is done.
    record Answer(long id) implements FenceAction {}

    /// The request is not done.
    ///
    /// @param again whether asking again may help
    record Refuse(long id, String reason, boolean again) implements FenceAction {}
}
