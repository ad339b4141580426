package io.godwit.agent.api;

/// What one host really has of a guest, whatever the record says.
///
/// @param found          `none`, `leftovers` (files or taps without a process), `running`, `paused`, `incoming`,
///                       `ended` or `unknown` (a process that does not answer)
/// @param managed        whether the host's agent has charge of it
/// @param epoch          in which the agent believes the guest to be its own; 0 if it does not
/// @param pausedInEpoch  in which its operator paused it on this host; 0 if nobody did
/// @param busy           what the agent is doing with it just now, in words that continue "it ..."; empty if nothing
public record PresenceView(String host, String found, boolean managed, long epoch, long pausedInEpoch, String busy) {}
