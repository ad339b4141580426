package io.godwit.agent.guard;

import io.godwit.shim.linux.LinuxProcess;

/// A guest's process, and the guest's name.
public record GuardedProcess(String guest, LinuxProcess process) {}
