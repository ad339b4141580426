package io.godwit.benchmarks.qemu;

import io.godwit.chaos.lab.Command;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.LabHost;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.NetworkNamespace;
import io.godwit.shim.linux.RamFile;
import io.godwit.shim.linux.Tap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// A QEMU on one host of the lab that no agent knows of: started by hand, in the host's namespace, with a tap in the
/// host's bridge.
final class QemuHost implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final String TAP = "bench0";

    private final LabHost host;
    private final Path folder;
    private final Path ramFile;
    private @Nullable QmpSession qmp;

    QemuHost(LabHost host) {
        this.host = host;
        // Beside what the agent looks after.
        this.folder = host.folder().resolve("bench");
        this.ramFile = host.ramDirectory().resolveSibling("bench-" + host.name() + ".ram");
    }

    /// Starts it and connects to it. It does not run yet.
    ///
    /// @param ramBytes  as large as the guest's memory
    QmpSession start(QemuArguments arguments, long ramBytes, boolean incoming) {
        try {
            Files.createDirectories(folder);
            inNamespace(() -> {
                Tap.create(TAP, "br0");
                return true;
            });
            RamFile.create(ramFile, ramBytes).close();
        } catch (IOException e) {
            throw new LabException("QEMU cannot be prepared on " + host.name(), e);
        }
        List<String> command = host.namespace()
                .wrap(arguments.at(folder, ramFile, TAP, incoming).toArray(String[]::new));
        Command.run(command, TIMEOUT).orThrow();
        QmpSession session = QmpSession.connect(folder.resolve("qmp.sock"), TIMEOUT);
        qmp = session;
        return session;
    }

    QmpSession qmp() {
        QmpSession session = qmp;
        if (session == null) {
            throw new IllegalStateException("QEMU has not been started on " + host.name());
        }
        return session;
    }

    /// The end of QEMU's log, for a failure's message.
    String log() {
        try {
            Path log = folder.resolve("qemu.log");
            String text = Files.exists(log) ? Files.readString(log) : "";
            return text.substring(Math.max(0, text.length() - 2000));
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    /// Ends it, if it runs, and removes all of it. Idempotent.
    @Override
    public void close() {
        QmpSession session = qmp;
        if (session != null) {
            session.close();
            qmp = null;
        }
        kill();
        try {
            inNamespace(() -> {
                Tap.delete(TAP);
                return true;
            });
            Files.deleteIfExists(ramFile);
            if (Files.exists(folder)) {
                try (var files = Files.list(folder)) {
                    for (Path file : files.toList()) {
                        Files.delete(file);
                    }
                }
            }
        } catch (IOException e) {
            throw new LabException("QEMU's files cannot be removed on " + host.name(), e);
        }
    }

    private void kill() {
        Path pidFile = folder.resolve("qemu.pid");
        try {
            if (!Files.exists(pidFile)) {
                return;
            }
            long pid = Long.parseLong(Files.readString(pidFile).strip());
            // The number may be somebody else's by now, but not somebody's in this namespace who is a guest.
            if (host.guestProcesses().contains(pid)) {
                ProcessHandle process = ProcessHandle.of(pid).orElse(null);
                if (process != null) {
                    process.destroyForcibly();
                    process.onExit().get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
                }
            }
            Files.deleteIfExists(pidFile);
        } catch (IOException | ExecutionException | TimeoutException e) {
            throw new LabException("QEMU does not end on " + host.name(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("Interrupted while QEMU was ending", e);
        }
    }

    private void inNamespace(Callable<Boolean> action) {
        try {
            NetworkNamespace.call(host.namespace().name(), action);
        } catch (HypervisorException | ExecutionException e) {
            throw new LabException("The tap cannot be made or removed on " + host.name(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("Interrupted while a tap was being made or removed", e);
        }
    }
}
