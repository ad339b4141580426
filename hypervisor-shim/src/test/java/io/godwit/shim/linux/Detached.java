package io.godwit.shim.linux;

import static org.awaitility.Awaitility.await;

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
        awaitExec(pid, command);
        return new Detached(shell, output, LinuxProcess.find(pid).orElseThrow());
    }

    /// In the middle of its exec a process has no code yet. Its arguments are the last thing the kernel sets up.
    private static void awaitExec(long pid, String... command) {
        String arguments = String.join("\0", command) + "\0";
        await("the exec of " + command[0])
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() ->
                        Files.readString(Path.of("/proc/" + pid + "/cmdline")).equals(arguments));
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
