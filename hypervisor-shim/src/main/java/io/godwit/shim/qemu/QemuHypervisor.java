package io.godwit.shim.qemu;

import io.godwit.shim.Guest;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.Hypervisor;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.NbdDisk;
import io.godwit.shim.linux.LinuxProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Guests in unmodified QEMU processes on this host. Safe for use by several threads.
///
/// A guest's taps join bridges of the network namespace the calling thread is in.
public final class QemuHypervisor implements Hypervisor {
    private static final Logger LOG = LoggerFactory.getLogger(QemuHypervisor.class);

    private final QemuSettings settings;
    private final Capabilities capabilities;
    private final Optional<String> kvmObstacle;
    private final QemuLauncher launcher;

    private QemuHypervisor(QemuSettings settings, Capabilities capabilities, Optional<String> kvmObstacle) {
        this.settings = settings;
        this.capabilities = capabilities;
        this.kvmObstacle = kvmObstacle;
        this.launcher = new QemuLauncher(settings, capabilities.accelerator());
    }

    /// Asks QEMU once what it can do. Starts no guest, and needs no closing.
    ///
    /// Where KVM is demanded and does not work this succeeds all the same, for guests may have to be adopted; then
    /// [#blockers] tells, and nothing can be started.
    ///
    /// @throws HypervisorException if QEMU is missing or too old
    public static QemuHypervisor open(QemuSettings settings) throws HypervisorException {
        Optional<String> kvmObstacle = Kvm.obstacle();
        String accelerator = Kvm.resolve(settings.accelerator(), kvmObstacle.isEmpty());
        Capabilities capabilities = QemuProbe.run(settings.binary(), accelerator, settings.startTimeout());
        LOG.info(
                "{} with accelerator {}{}",
                capabilities.version(),
                accelerator,
                kvmObstacle.map(why -> " (" + why + ")").orElse(""));
        return new QemuHypervisor(settings, capabilities, kvmObstacle);
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    @Override
    public List<String> blockers(GuestSpec spec) {
        return blockers(spec, Set.of());
    }

    @Override
    public List<String> blockers(GuestSpec spec, Set<String> remote) {
        return Blockers.find(settings, capabilities, kvmObstacle, spec, remote);
    }

    @Override
    public Guest create(GuestSpec spec) throws HypervisorException {
        return create(spec, Map.of());
    }

    @Override
    public Guest create(GuestSpec spec, Map<String, NbdDisk> remote) throws HypervisorException {
        return launch(spec, remote, false);
    }

    @Override
    public Guest prepareIncoming(GuestSpec spec) throws HypervisorException {
        return prepareIncoming(spec, Map.of());
    }

    @Override
    public Guest prepareIncoming(GuestSpec spec, Map<String, NbdDisk> remote) throws HypervisorException {
        return launch(spec, remote, true);
    }

    @Override
    public List<String> present() throws HypervisorException {
        return GuestFolder.names(settings.runDirectory());
    }

    @Override
    public OptionalLong process(String name) throws HypervisorException {
        GuestFolder folder = GuestFolder.of(settings.runDirectory(), name);
        Optional<LinuxProcess> process = folder.exists() ? QemuProcess.find(folder) : Optional.empty();
        return process.map(found -> OptionalLong.of(found.pid())).orElseGet(OptionalLong::empty);
    }

    @Override
    public Optional<Guest> adopt(String name) throws HypervisorException {
        GuestFolder folder = GuestFolder.of(settings.runDirectory(), name);
        Optional<LinuxProcess> process = folder.exists() ? QemuProcess.find(folder) : Optional.empty();
        if (process.isEmpty()) {
            return Optional.empty();
        }
        liftThrottle(folder);
        StoredGuest stored = folder.read();
        if (!QemuProcess.maps(process.get(), stored.ramFile())) {
            throw new HypervisorException("The QEMU of guest " + name + " does not hold the guest's RAM file "
                    + stored.ramFile() + ", process: " + process.get().pid());
        }
        QemuGuest guest = QemuGuest.open(settings, stored, folder, process.get());
        try {
            guest.notePast();
        } catch (HypervisorException e) {
            guest.close();
            throw e;
        }
        LOG.info("Guest {} is adopted, process {}", name, process.get().pid());
        return Optional.of(guest);
    }

    /// A guest that was being slowed when its agent died must not stay so. Whatever else is wrong with it, this
    /// comes first; and whatever is wrong with this, the guest is adopted.
    private static void liftThrottle(GuestFolder folder) {
        try {
            GuestThrottle.liftNoted(folder);
        } catch (HypervisorException e) {
            LOG.error("Guest {} may still be slowed", folder.guest(), e);
        }
    }

    @Override
    public Optional<LeftMemory> leftMemory(String name) throws HypervisorException {
        GuestFolder folder = GuestFolder.of(settings.runDirectory(), name);
        if (!folder.exists()) {
            return Optional.empty();
        }
        Path ramFile = folder.read().ramFile();
        if (!Files.exists(ramFile)) {
            return Optional.empty();
        }
        return Optional.of(QemuMemory.open(ramFile, QemuProcess.find(folder)));
    }

    @Override
    public void cleanUp(String name) throws HypervisorException {
        GuestFolder folder = GuestFolder.of(settings.runDirectory(), name);
        if (!folder.exists() || QemuProcess.find(folder).isPresent()) {
            return;
        }
        StoredGuest stored;
        try {
            stored = folder.read();
        } catch (HypervisorException e) {
            LOG.warn("Guest {}: cleaning up what a guest of this name would have here", name, e);
            Leftovers.remove(
                    folder,
                    settings.ramDirectory().resolve(name + ".ram"),
                    TapNames.of(settings.runDirectory(), name, GuestSpec.NICS_MAX));
            return;
        }
        Leftovers.remove(folder, stored.ramFile(), stored.taps());
    }

    /// Where a terminal can connect to the guest's serial console: a Unix socket that serves one client at a time.
    public Path consoleSocket(String name) {
        return GuestFolder.of(settings.runDirectory(), name).consoleSocket();
    }

    /// Everything the guest wrote to its serial console since it came to this host.
    public Path consoleLog(String name) {
        return GuestFolder.of(settings.runDirectory(), name).consoleLog();
    }

    /// The names of the taps behind the guest's network cards, in their order.
    public List<String> tapNames(GuestSpec spec) {
        return TapNames.of(settings.runDirectory(), spec.name(), spec.nics().size());
    }

    private QemuGuest launch(GuestSpec spec, Map<String, NbdDisk> remote, boolean incoming) throws HypervisorException {
        if (settings.accelerator() == QemuSettings.Accelerator.KVM && kvmObstacle.isPresent()) {
            throw new HypervisorException(kvmObstacle.get());
        }
        return launcher.launch(spec, remote, incoming);
    }
}
