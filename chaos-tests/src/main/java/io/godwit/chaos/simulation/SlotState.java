package io.godwit.chaos.simulation;

/// What an agent knows of a guest on its host.
sealed interface SlotState {
    /// The name is taken, and nothing may run under it.
    record Reserved() implements SlotState {}

    record Arriving(TargetRun run) implements SlotState {}

    record Here(Copy copy, long epoch) implements SlotState {}

    record Leaving(SourceRun run) implements SlotState {}
}
