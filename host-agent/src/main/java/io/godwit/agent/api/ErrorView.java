package io.godwit.agent.api;

/// Why a request was refused or failed.
///
/// @param code     `BAD_REQUEST`, `NOT_FOUND`, `CONFLICT`, `REFUSED`, `UNAVAILABLE` or `FAILED`
/// @param message  what happened: a sentence, or several lines of which each is one
/// @param state    what state the guest is in now; empty if no guest is concerned
/// @param hint     what to do next; may be empty
public record ErrorView(String code, String message, String state, String hint) {}
