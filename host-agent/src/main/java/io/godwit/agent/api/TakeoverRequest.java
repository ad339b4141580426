package io.godwit.agent.api;

/// Asks a host to start a guest that the cluster owes a start.
///
/// @param dead         the host it is to be taken over from; empty if the guest is stopped
/// @param deadVersion  of that host's record when it was found dead; 0 if there is none
/// @param epoch        that the dead host has the guest in; 0 if there is none
/// @param attempts     starts so far, this one included
/// @param lastError    why the last one failed; may be empty
public record TakeoverRequest(String dead, int deadVersion, long epoch, int attempts, String lastError) {}
