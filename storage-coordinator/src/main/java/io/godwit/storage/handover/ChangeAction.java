package io.godwit.storage.handover;

/// What whoever drives an [OwnerChange] has to do next, and then answer with a [ChangeAnswer].
public sealed interface ChangeAction {
    /// Read the records. Answer: [ChangeAnswer.Seen], [ChangeAnswer.Unreadable] or [ChangeAnswer.NoAnswer].
    record Read() implements ChangeAction {}

    /// Write the owner record if it still has this version ([OwnerView#ABSENT]: if there is none), all or nothing.
    /// Answer, here and for [Remove] and [Check]: [ChangeAnswer.Applied], [ChangeAnswer.Conflict] or
    /// [ChangeAnswer.NoAnswer].
    ///
    /// @param claims  whether the images and addresses change owner in the same write. Images that the guest gives
    ///                up by it retire the epochs they were owned in: the floor is raised to the greatest of them
    record Write(int version, OwnerContent next, boolean claims) implements ChangeAction {}

    /// Remove the guest's records with its images and addresses if the owner record still has this version.
    ///
    /// @param retires  the floor of epochs is raised to at least this in the same write
    record Remove(int version, long retires) implements ChangeAction {}

    /// Change nothing, but have a quorum confirm that the owner record has this version. Applied means it has; for
    /// [OwnerView#ABSENT], that there is none.
    record Check(int version) implements ChangeAction {}

    /// Wait a little, the longer the higher `attempt` (1, 2, ...) is. Answer: [ChangeAnswer.Waited].
    record Wait(int attempt, String reason) implements ChangeAction {}

    /// Nothing more to do.
    record Done(Conclusion conclusion) implements ChangeAction {}
}
