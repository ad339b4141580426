package io.godwit.shim.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.shim.HypervisorException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// A running [MemoryChild], no child of the test's JVM. Killed when closed.
record ChildGuest(Process shell, Writer input, BufferedReader output, LinuxProcess process) implements AutoCloseable {

    static ChildGuest start() throws IOException {
        // The first shell starts the JVM in the background and copies its own input to it, so that the JVM is a
        // grandchild. Without the redirection a background command would read from /dev/null.
        String script = "exec 3<&0; \"$@\" <&3 & echo $!; wait $!";
        Process shell = new ProcessBuilder(
                        "busybox",
                        "sh",
                        "-c",
                        script,
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        MemoryChild.class.getName())
                .redirectErrorStream(true)
                .start();
        BufferedReader output = shell.inputReader();
        long pid = Long.parseLong(output.readLine());
        return new ChildGuest(
                shell, shell.outputWriter(), output, LinuxProcess.find(pid).orElseThrow());
    }

    long pid() {
        return process.pid();
    }

    void map(Path file, long offset, long bytes) {
        assertThat(tell("map " + file + " " + offset + " " + bytes)).isEqualTo("mapped");
    }

    void write(int mapping, long page, int value) {
        assertThat(tell("write " + mapping + " " + page + " " + value)).isEqualTo("written");
    }

    String tell(String command) {
        try {
            input.write(command + "\n");
            input.flush();
            return String.valueOf(output.readLine());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<Long> userfaultFds() throws HypervisorException {
        return ProcFiles.openFiles(pid()).stream()
                .filter(ProcFiles.OpenFile::isUserfault)
                .map(file -> (long) file.fd())
                .toList();
    }

    @Override
    public void close() throws HypervisorException {
        process.signal(LinuxProcess.Signal.KILL);
        process.awaitExit(Duration.ofSeconds(10));
        shell.onExit().join();
    }
}
