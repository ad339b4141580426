package io.godwit.agent.api;

/// What a host has made of what it had of a guest.
///
/// @param done     a sentence
/// @param settled  whether the host now has what the record says, and nothing else
public record SettlementView(String host, String done, boolean settled) {}
