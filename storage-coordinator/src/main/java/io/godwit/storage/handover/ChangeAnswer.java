package io.godwit.storage.handover;

/// What came of a [ChangeAction].
public sealed interface ChangeAnswer {
    /// The records were read.
    record Seen(OwnerView view) implements ChangeAnswer {}

    /// The record was read, and it is not one this version can understand.
    record Unreadable(String reason) implements ChangeAnswer {}

    /// The write was applied.
    record Applied() implements ChangeAnswer {}

    /// The write was not applied and never will be: some record has another version than it expected.
    record Conflict() implements ChangeAnswer {}

    /// No answer. A write may have been applied, or may yet be.
    record NoAnswer(String reason) implements ChangeAnswer {}

    /// The waiting is over.
    record Waited() implements ChangeAnswer {}
}
