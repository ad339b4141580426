package io.godwit.storage.fencing;

import java.util.Set;

/// What happened to an image's fence. Outcomes of actions that were begun before a [DaemonLost] must not be told
/// after it: what they came to shows in the next [DaemonBack].
public sealed interface FenceEvent {
    record Asked(FenceRequest request) implements FenceEvent {}

    /// Whoever asked does not wait any more. What was begun is not undone.
    record Abandoned(long id) implements FenceEvent {}

    /// The mark will be found after any crash from here on.
    record Remembered(Mark mark) implements FenceEvent {}

    /// After a crash either this mark or the one before may be found.
    record NotRemembered(Mark mark, String reason) implements FenceEvent {}

    /// The export is there.
    record Added(Grant grant) implements FenceEvent {}

    /// The export is certainly not there.
    record NotAdded(Grant grant, String reason) implements FenceEvent {}

    /// The export is not there any more, and its last request has ended.
    record Gone(Grant grant) implements FenceEvent {}

    /// The storage daemon has ended, or cannot be spoken to: nobody knows which exports there are.
    record DaemonLost(String reason) implements FenceEvent {}

    /// The storage daemon can be spoken to, and has these exports of the image. Also told at the very beginning.
    record DaemonBack(Set<Grant> present) implements FenceEvent {
        public DaemonBack {
            present = Set.copyOf(present);
        }
    }

    /// Time for another attempt at what failed.
    record Retry() implements FenceEvent {}
}
