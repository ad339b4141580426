package io.godwit.storage.zookeeper;

import io.godwit.storage.Debt;

/// What becomes of a guest's debt in the same write as its owner record.
sealed interface DebtChange {
    /// It is not looked at.
    record Untouched() implements DebtChange {}

    /// Nothing is owed afterwards.
    record Clear() implements DebtChange {}

    /// This is owed afterwards, whatever was before.
    record Note(Debt debt) implements DebtChange {}

    /// This is owed afterwards, and the change is refused if nothing was before.
    record Continue(Debt debt) implements DebtChange {}
}
