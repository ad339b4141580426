package io.godwit.migration.precopy;

/// Where a migration is at its target, with what only that place knows.
sealed interface TargetState {
    /// Answering questions; nothing has been touched.
    record Greeting() implements TargetState {}

    record Preparing() implements TargetState {}

    record Receiving(int connections, boolean verify) implements TargetState {}

    /// Nothing comes any more, and nothing is written to RAM any more.
    record Loading(boolean paused) implements TargetState {}

    /// Only the gate knows who may run the guest.
    record Committing(boolean paused) implements TargetState {}

    record Taken(long epoch) implements TargetState {}

    record Discarded(String reason) implements TargetState {}
}
