package io.godwit.chaos.simulation;

import io.godwit.storage.Debt;

/// Why a guest is started, which decides what is owed to it if it cannot be: the agent's `StartReason`.
sealed interface StartReason {
    /// Its operator wants it, and has to try again.
    record Created() implements StartReason {}

    /// It ran here before and ended.
    record Again() implements StartReason {}

    /// The cluster owes it a start.
    record Owed(Debt debt) implements StartReason {}

    default DebtWish onFailure(String error) {
        return switch (this) {
            case Created _ -> DebtWish.CLEAR;
            case Again _ -> new DebtWish.Note(Debt.NONE_TRIED.failed(error));
            case Owed(Debt debt) -> new DebtWish.Note(debt.failed(error));
        };
    }
}
