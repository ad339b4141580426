package io.godwit.agent.api;

/// Where the serial console of a guest is, on the host that runs it.
///
/// @param host    whose file system the paths belong to
/// @param socket  a Unix socket that carries the console both ways
/// @param log     all that the guest has written there on this host
public record ConsoleView(String host, String socket, String log) {}
