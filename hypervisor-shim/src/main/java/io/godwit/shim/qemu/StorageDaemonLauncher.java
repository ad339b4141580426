package io.godwit.shim.qemu;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.StorageDaemonSettings;
import io.godwit.shim.linux.LinuxProcess;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds this host's storage daemon, or starts it as a process of its own that nobody's end ends.
final class StorageDaemonLauncher {
    private static final Logger LOG = LoggerFactory.getLogger(StorageDaemonLauncher.class);
    private static final Duration START_TIMEOUT = Duration.ofSeconds(15);
    private static final String PID_FILE_OPTION = "--pidfile";
    private static final int CONNECTIONS_MAX = 1000;
    private static final int SAID_BYTES_MAX = 4 << 10;

    private StorageDaemonLauncher() {}

    static LinuxProcess findOrStart(StorageDaemonSettings settings) throws HypervisorException {
        Optional<LinuxProcess> present = QemuProcess.find(settings.pidFile(), PID_FILE_OPTION);
        if (present.isPresent()) {
            LOG.info("The storage daemon is adopted, process {}", present.get().pid());
            return present.get();
        }
        start(settings);
        Optional<LinuxProcess> started = QemuProcess.find(settings.pidFile(), PID_FILE_OPTION);
        if (started.isEmpty()) {
            throw new HypervisorException("The storage daemon ended as soon as it had started: " + said(settings));
        }
        LOG.info(
                "The storage daemon is started as process {} and listens at {}:{}",
                started.get().pid(),
                settings.address(),
                settings.port());
        return started.get();
    }

    static List<String> command(StorageDaemonSettings settings) {
        List<String> command = new ArrayList<>(List.of(
                settings.binary().toString(),
                "--daemonize",
                PID_FILE_OPTION,
                settings.pidFile().toString(),
                "--chardev",
                "socket,id=qmp,path="
                        + QemuCommandLine.escape(settings.qmpSocket().toString()) + ",server=on,wait=off",
                "--monitor",
                "chardev=qmp"));
        String tls = "";
        Path tlsDirectory = settings.tlsDirectory();
        if (tlsDirectory != null) {
            command.addAll(List.of(
                    "--object",
                    Json.line(Map.of(
                            "qom-type",
                            "tls-creds-x509",
                            "id",
                            "tls",
                            "endpoint",
                            "server",
                            "dir",
                            tlsDirectory.toString(),
                            "verify-peer",
                            true))));
            tls = ",tls-creds=tls";
        }
        command.addAll(List.of(
                "--nbd-server",
                "addr.type=inet,addr.host=" + QemuCommandLine.escape(settings.address()) + ",addr.port="
                        + settings.port() + ",max-connections=" + CONNECTIONS_MAX + tls));
        return List.copyOf(command);
    }

    private static void start(StorageDaemonSettings settings) throws HypervisorException {
        try {
            Files.createDirectories(
                    settings.directory(),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            ProcessBuilder builder = new ProcessBuilder(command(settings))
                    .directory(new File("/"))
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(settings.log().toFile());
            builder.environment().clear();
            builder.environment().putAll(Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL", "C.UTF-8"));
            Process parent = builder.start();
            try {
                if (!parent.waitFor(START_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS) || parent.exitValue() != 0) {
                    throw new HypervisorException("The storage daemon did not start: " + said(settings));
                }
            } finally {
                parent.destroyForcibly();
            }
        } catch (HypervisorException e) {
            throw e;
        } catch (IOException e) {
            throw new HypervisorException("The storage daemon could not be started: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypervisorException("Interrupted while the storage daemon started", e);
        }
    }

    private static String said(StorageDaemonSettings settings) {
        String text = GuestFolder.tail(settings.log(), SAID_BYTES_MAX).strip();
        return text.isEmpty() ? "it did not say why" : text;
    }
}
