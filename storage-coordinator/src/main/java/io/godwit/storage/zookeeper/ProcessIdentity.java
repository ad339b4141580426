package io.godwit.storage.zookeeper;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// One process of one kernel, never mistaken for a later one with the same number.
///
/// @param pidNamespace  numbers mean something within it only
/// @param startTicks    when the process started, in the kernel's ticks since boot
record ProcessIdentity(String pidNamespace, long pid, long startTicks) {
    private static final Path PROC = Path.of("/proc");
    /// In `/proc/<pid>/stat`, counted behind the command name, which may hold anything, and its bracket.
    private static final int START_TICKS_FIELD = 19;

    static ProcessIdentity ofThisProcess() throws IOException {
        long pid = ProcessHandle.current().pid();
        return new ProcessIdentity(ownPidNamespace(), pid, startTicks(pid));
    }

    /// Whether the process is certainly gone. Only for processes of the running kernel.
    ///
    /// @return false if that cannot be told, because it ran in another namespace
    boolean isGone() {
        try {
            return pidNamespace.equals(ownPidNamespace()) && startTicks(pid) != startTicks;
        } catch (NoSuchFileException e) {
            return true;
        } catch (IOException e) {
            // ESRCH: the process ended while its file was being read.
            return !Files.exists(PROC.resolve(Long.toString(pid)));
        }
    }

    private static String ownPidNamespace() throws IOException {
        return Files.readSymbolicLink(PROC.resolve("self/ns/pid")).toString();
    }

    private static long startTicks(long pid) throws IOException {
        String stat = Files.readString(PROC.resolve(Long.toString(pid)).resolve("stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
        if (fields.length <= START_TICKS_FIELD) {
            throw new IOException("A process's stat file has too few fields: " + stat);
        }
        return Long.parseLong(fields[START_TICKS_FIELD]);
    }
}
