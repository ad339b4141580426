package io.godwit.shim.linux;

import io.godwit.shim.HypervisorException;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A process that is no child of the test's JVM, which could not trace it otherwise. Killed when closed.
record Detached(Process shell, BufferedReader output, LinuxProcess process) implements AutoCloseable {

    /// The command's output can be read from `output`, and after its end a line `status N`.
    static Detached start(String... command) throws Exception {
        List<String> line = new ArrayList<>(List.of(
                "busybox",
                "sh",
                "-c",
                "busybox sh -c 'echo $$; exec \"$@\"' sh \"$@\" & wait $!; echo status $?",
                "sh"));
        line.addAll(List.of(command));
        Process shell = new ProcessBuilder(line).redirectErrorStream(true).start();
        BufferedReader output = shell.inputReader();
        long pid = Long.parseLong(output.readLine());
        return new Detached(shell, output, LinuxProcess.find(pid).orElseThrow());
    }

    char state() throws Exception {
        return LinuxProcess.Stat.parse(Files.readString(Path.of("/proc/" + process.pid() + "/stat")))
                .orElseThrow()
                .state();
    }

    @Override
    public void close() throws HypervisorException {
        process.signal(LinuxProcess.Signal.KILL);
        process.awaitExit(Duration.ofSeconds(10));
        shell.onExit().join();
    }
}
