package io.godwit.storage.handover;

/// Carries one change of an owner record through: says what to do, is told what came of it, and so on until
/// [ChangeAction.Done].
public interface ChangeProcess {
    ChangeAction start();

    /// @throws IllegalStateException if the answer does not belong to the action asked for last
    ChangeAction on(ChangeAnswer answer);
}
