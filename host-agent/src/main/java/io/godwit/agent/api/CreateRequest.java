package io.godwit.agent.api;

/// @param fileName  for messages
/// @param text      the guest file, in xl.cfg syntax
/// @param paused    create the guest but leave it paused
public record CreateRequest(String fileName, String text, boolean paused) {}
