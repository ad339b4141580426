package io.godwit.agent.guests;

import io.godwit.agent.guests.RecordKeeper.Fate;
import io.godwit.storage.Debt;
import io.godwit.storage.placement.RestartPolicy;

/// Why a guest is started: that decides how its record becomes this host's, and what becomes of the record if the
/// guest cannot be started.
sealed interface StartReason {
    /// Its operator wants it.
    record Created(RestartPolicy policy) implements StartReason {}

    /// It ran here before and ended.
    record Again() implements StartReason {}

    /// It is stopped, and the cluster owes it a start.
    record Owed(Debt debt) implements StartReason {}

    /// Its host died.
    record TakenOver(String dead, int deadVersion, long epoch, Debt debt) implements StartReason {}

    /// @param error  why it could not be started
    default Fate onFailure(String error) {
        return switch (this) {
            case Created _ -> Fate.FORGET_IF_NEW;
            case Again _ -> new Fate.Owed(Debt.NONE_TRIED.failed(error));
            case Owed(Debt debt) -> new Fate.Owed(debt.failed(error));
            case TakenOver(String _, int _, long _, Debt debt) -> new Fate.Owed(debt.failed(error));
        };
    }
}
