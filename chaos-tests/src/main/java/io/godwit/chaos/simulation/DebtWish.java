package io.godwit.chaos.simulation;

import io.godwit.storage.Debt;

/// What a change of an owner record does to what is owed to the guest, in the same write.
sealed interface DebtWish {
    DebtWish UNTOUCHED = new Untouched();
    DebtWish CLEAR = new Clear();

    record Untouched() implements DebtWish {}

    /// Nothing is owed afterwards.
    record Clear() implements DebtWish {}

    /// This is owed afterwards.
    record Note(Debt debt) implements DebtWish {}

    /// This is owed afterwards, and the change is refused if nothing was before.
    record Continue(Debt debt) implements DebtWish {}
}
