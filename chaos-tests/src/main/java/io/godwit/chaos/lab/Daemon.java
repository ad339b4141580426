package io.godwit.chaos.lab;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.LinuxProcess;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A process of the lab that goes on when the lab's own process ends. It has a session of its own, so that an
/// interrupt at the terminal does not reach it.
final class Daemon {
    private static final Duration ENTRY_TIMEOUT = Duration.ofSeconds(20);
    private static final int LOG_TAIL_BYTES = 4096;

    private Daemon() {}

    /// Starts a program in a namespace; what it says is added to the log. Its process id is written to `pidFile`.
    static ProcessHandle start(
            Namespace namespace, Map<String, String> environment, Path pidFile, Path log, List<String> program) {
        List<String> command = new ArrayList<>(List.of("setsid"));
        command.addAll(namespace.wrap(program.toArray(String[]::new)));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        try {
            Files.createDirectories(log.getParent());
            Process process = builder.start();
            Files.writeString(pidFile, Long.toString(process.pid()));
            // Until it is inside, whoever looks for it there takes it for ended.
            await(
                    "Entry of a process into " + namespace.name(),
                    ENTRY_TIMEOUT,
                    () -> !process.isAlive() || namespace.processes().contains(process.pid()));
            return process.toHandle();
        } catch (IOException e) {
            throw new LabException("Program cannot be started: " + String.join(" ", command), e);
        }
    }

    /// Ends a process at once and waits until it is gone. Only if it still is in the namespace it was started in:
    /// a process id in a file may belong to somebody else by now.
    static void kill(Namespace namespace, Path pidFile) {
        ProcessHandle process = find(namespace, pidFile);
        if (process == null) {
            return;
        }
        process.destroyForcibly();
        try {
            process.onExit().get(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("Interrupted while a process was being killed: " + process.pid(), e);
        } catch (ExecutionException | TimeoutException e) {
            throw new LabException("Process does not end: " + process.pid(), e);
        }
    }

    /// Sends a signal to the living process of a pid file; does nothing if there is none.
    static void signal(Namespace namespace, Path pidFile, LinuxProcess.Signal signal) {
        ProcessHandle process = find(namespace, pidFile);
        if (process != null) {
            signal(process.pid(), signal);
        }
    }

    /// Sends a signal to a process; does nothing if it has ended.
    static void signal(long pid, LinuxProcess.Signal signal) {
        try {
            Optional<LinuxProcess> process = LinuxProcess.find(pid);
            if (process.isPresent()) {
                process.get().signal(signal);
            }
        } catch (HypervisorException e) {
            throw new LabException("Signal " + signal + " could not be sent to process " + pid, e);
        }
    }

    /// The living process of a pid file, or null.
    static @org.jspecify.annotations.Nullable ProcessHandle find(Namespace namespace, Path pidFile) {
        if (!Files.exists(pidFile)) {
            return null;
        }
        try {
            long pid = Long.parseLong(Files.readString(pidFile).strip());
            return namespace.processes().contains(pid)
                    ? ProcessHandle.of(pid).filter(ProcessHandle::isAlive).orElse(null)
                    : null;
        } catch (IOException e) {
            throw new LabException("Process id cannot be read: " + pidFile, e);
        }
    }

    /// The end of a log.
    static String tail(Path log) {
        if (!Files.exists(log)) {
            return "";
        }
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            file.seek(Math.max(0, file.length() - LOG_TAIL_BYTES));
            byte[] bytes = new byte[(int) (file.length() - file.getFilePointer())];
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "(log cannot be read: " + e.getMessage() + ")";
        }
    }

    /// Asks again and again until the answer is yes.
    ///
    /// @throws LabException with `what` if that takes too long
    static void await(String what, Duration timeout, java.util.function.BooleanSupplier condition) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new LabException(what + " did not happen within " + timeout.toMillis() + " ms");
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LabException("Interrupted while waiting: " + what, e);
            }
        }
    }
}
