package io.godwit.shim.qemu;

import io.godwit.shim.GuestSpec;
import io.godwit.shim.GuestSpec.Nic;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.NbdDisk;
import io.godwit.shim.linux.BridgePort;
import io.godwit.shim.linux.LinuxProcess;
import io.godwit.shim.linux.RamFile;
import io.godwit.shim.linux.Tap;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts guests' QEMUs, and takes everything back if that fails.
final class QemuLauncher {
    private static final Logger LOG = LoggerFactory.getLogger(QemuLauncher.class);
    private static final int SAID_BYTES_MAX = 4 << 10;

    private final QemuSettings settings;
    private final String accelerator;

    QemuLauncher(QemuSettings settings, String accelerator) {
        this.settings = settings;
        this.accelerator = accelerator;
    }

    /// A QEMU that executes nothing: paused before its first instruction, or waiting for state. On failure nothing
    /// of it is left, except what the suppressed exceptions tell.
    QemuGuest launch(GuestSpec spec, Map<String, NbdDisk> remote, boolean incoming) throws HypervisorException {
        long startNs = System.nanoTime();
        GuestFolder folder = GuestFolder.of(settings.runDirectory(), spec.name());
        StoredGuest guest = new StoredGuest(
                StoredGuest.FORMAT,
                spec,
                settings.ramDirectory().resolve(spec.name() + ".ram"),
                TapNames.of(settings.runDirectory(), spec.name(), spec.nics().size()));
        folder.create();
        Made made = new Made();
        try {
            folder.write(guest);
            makeRam(guest, made);
            makeTaps(guest, made, incoming);
            LinuxProcess process = start(guest, folder, remote, incoming);
            QemuGuest running = QemuGuest.open(settings, guest, folder, process);
            try {
                running.prepareAfterStart(incoming);
            } catch (HypervisorException e) {
                running.close();
                throw e;
            }
            LOG.info(
                    "Guest {}: QEMU is {} as process {}, ms: {}",
                    spec.name(),
                    incoming ? "waiting for the guest" : "ready",
                    process.pid(),
                    (System.nanoTime() - startNs) / 1_000_000);
            return running;
        } catch (HypervisorException | RuntimeException e) {
            undo(guest, folder, made, e);
            throw e;
        }
    }

    /// What exists because of this launch: what was there before belongs to somebody else.
    private static final class Made {
        private boolean ramFile;
        private int taps;
    }

    private void makeRam(StoredGuest guest, Made made) throws HypervisorException {
        try {
            Files.createDirectories(settings.ramDirectory());
        } catch (IOException e) {
            throw new HypervisorException("Could not create the directory of RAM files " + settings.ramDirectory(), e);
        }
        RamFile.create(guest.ramFile(), guest.spec().memoryBytes()).close();
        made.ramFile = true;
    }

    private void makeTaps(StoredGuest guest, Made made, boolean incoming) throws HypervisorException {
        List<Nic> nics = guest.spec().nics();
        for (int i = 0; i < nics.size(); i++) {
            String bridge = nics.get(i).bridge() == null
                    ? settings.bridge()
                    : nics.get(i).bridge();
            if (bridge == null) {
                throw new HypervisorException("Network card " + i + " names no bridge, and this host has no default");
            }
            Tap.create(guest.taps().get(i), bridge);
            made.taps++;
            if (incoming) {
                keepSilent(guest.taps().get(i));
            }
        }
    }

    /// A guest that arrives must not find what was sent to everybody while it was received.
    private static void keepSilent(String tap) {
        try {
            BridgePort.flood(tap, false);
        } catch (HypervisorException e) {
            LOG.warn("A guest may find old broadcasts when it arrives: {}", e.getMessage());
        }
    }

    private LinuxProcess start(StoredGuest guest, GuestFolder folder, Map<String, NbdDisk> remote, boolean incoming)
            throws HypervisorException {
        List<String> command = QemuCommandLine.build(settings, accelerator, guest, folder, remote, incoming);
        LOG.debug("Guest {}: starting {}", guest.spec().name(), command);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(new File("/"))
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(folder.startLog().toFile());
        // QEMU needs no secrets of the agent's environment.
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL", "C.UTF-8"));
        int status = await(builder, guest);
        if (status != 0) {
            throw new HypervisorException("QEMU did not start for guest "
                    + guest.spec().name() + ", exit status " + status + ": " + said(folder));
        }
        Optional<LinuxProcess> process = QemuProcess.find(folder);
        if (process.isEmpty()) {
            throw new HypervisorException("QEMU ended as soon as it had started, guest "
                    + guest.spec().name() + ": " + said(folder));
        }
        return process.get();
    }

    /// Waits for the process that becomes the daemon's parent; it ends when the daemon is ready or has failed.
    private int await(ProcessBuilder builder, StoredGuest guest) throws HypervisorException {
        Process parent;
        try {
            parent = builder.start();
        } catch (IOException e) {
            throw new HypervisorException("Could not start QEMU: " + e.getMessage(), e);
        }
        try {
            if (!parent.waitFor(settings.startTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
                throw new HypervisorException(
                        "QEMU was not ready in time for guest " + guest.spec().name() + ", ms: "
                                + settings.startTimeout().toMillis());
            }
            return parent.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HypervisorException("Interrupted while QEMU started", e);
        } finally {
            parent.destroyForcibly();
        }
    }

    private static String said(GuestFolder folder) {
        String text = GuestFolder.tail(folder.startLog(), SAID_BYTES_MAX) + " "
                + GuestFolder.tail(folder.log(), SAID_BYTES_MAX);
        return text.isBlank() ? "it did not say why" : text.strip();
    }

    private void undo(StoredGuest guest, GuestFolder folder, Made made, Exception failure) {
        // The process that ends here must not be kept from it by the interruption that ended the launch.
        boolean interrupted = Thread.interrupted();
        try {
            Optional<LinuxProcess> process = QemuProcess.find(folder);
            if (process.isPresent()) {
                QemuProcess.kill(process.get(), settings.commandTimeout());
            }
            Path noFile = folder.path().resolve("no-ram-file");
            Leftovers.remove(
                    folder,
                    made.ramFile ? guest.ramFile() : noFile,
                    guest.taps().subList(0, made.taps));
        } catch (HypervisorException e) {
            failure.addSuppressed(e);
            LOG.warn("Guest {}: something is left of a failed start", folder.guest(), e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
