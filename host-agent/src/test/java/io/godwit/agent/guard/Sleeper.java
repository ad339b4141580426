package io.godwit.agent.guard;

import io.godwit.shim.linux.LinuxProcess;
import io.godwit.shim.linux.LinuxProcess.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A process that stands for a guest's.
record Sleeper(Process child, LinuxProcess process) implements AutoCloseable {

    static Sleeper start() throws IOException {
        Process child = new ProcessBuilder("sleep", "300").start();
        return new Sleeper(child, LinuxProcess.find(child.pid()).orElseThrow());
    }

    GuardedProcess guarded(String guest) {
        return new GuardedProcess(guest, process);
    }

    boolean stopped() throws IOException {
        return state() == 'T';
    }

    boolean runs() throws IOException {
        return state() == 'S';
    }

    private char state() throws IOException {
        if (!child.isAlive()) {
            return 'X';
        }
        String stat = Files.readString(Path.of("/proc/" + child.pid() + "/stat"));
        return stat.charAt(stat.lastIndexOf(')') + 2);
    }

    void signal(Signal signal) throws Exception {
        process.signal(signal);
    }

    @Override
    public void close() {
        child.destroyForcibly();
        child.onExit().join();
    }
}
