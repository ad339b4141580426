package io.godwit.agent.guard;

import io.godwit.shim.linux.LinuxProcess;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The guests' processes on this host, and in which session each was last known to be this host's. A session
/// that has ended says nothing any more: another host may have taken the guest in between.
final class Grants {
    /// Never the number of a session.
    private static final long NONE = 0;

    private final Map<GuardedProcess, Long> sessions = new HashMap<>();

    /// Takes a process in, unless it is in already, as one whose record is not known.
    synchronized void enter(GuardedProcess process) {
        sessions.putIfAbsent(process, NONE);
    }

    synchronized void enterAll(Collection<GuardedProcess> processes) {
        processes.forEach(this::enter);
    }

    /// The process may run for as long as the session lasts.
    synchronized void grant(GuardedProcess process, long session) {
        sessions.put(process, session);
    }

    synchronized List<GuardedProcess> granted(long session) {
        return sessions.keySet().stream()
                .filter(process -> sessions.getOrDefault(process, NONE) == session)
                .toList();
    }

    /// Those whose records have to be looked at before they may run on.
    synchronized List<GuardedProcess> unknown(long session) {
        return sessions.keySet().stream()
                .filter(process -> sessions.getOrDefault(process, NONE) != session)
                .toList();
    }

    /// Drops the processes that have ended.
    synchronized void sweep() {
        sessions.keySet().removeIf(process -> !process.process().isAlive());
    }

    /// @return the guest's process of this number, or empty if it has ended
    static Optional<GuardedProcess> process(String guest, long pid) {
        return LinuxProcess.find(pid).map(process -> new GuardedProcess(guest, process));
    }
}
