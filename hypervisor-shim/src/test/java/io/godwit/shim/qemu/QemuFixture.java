package io.godwit.shim.qemu;

import static org.awaitility.Awaitility.await;

import io.godwit.shim.Guest;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.GuestSpec.Disk;
import io.godwit.shim.GuestSpec.Nic;
import io.godwit.shim.GuestSpec.OnEvent;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.linux.LinuxProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/// Two hosts' worth of directories on one machine, and the guests a test starts in them. Closing ends every QEMU that
/// was started there and removes everything.
final class QemuFixture implements AutoCloseable {
    static final Duration LONG = Duration.ofSeconds(20);
    static final long MEMORY_BYTES = 32L << 20;

    private final Path directory;
    private final Path ramDirectory;
    private final List<Guest> opened = new ArrayList<>();
    private final List<String> hosts = new ArrayList<>();
    final QemuHypervisor source;
    final QemuHypervisor target;

    QemuFixture() throws IOException {
        directory = Files.createTempDirectory("gwq");
        ramDirectory = Files.createTempDirectory(Path.of("/dev/shm"), "gwq");
        source = QemuHypervisor.open(settings("a"));
        target = QemuHypervisor.open(settings("b"));
    }

    /// The settings of a host of this fixture.
    QemuSettings settings(String host) {
        hosts.add(host);
        return QemuSettings.of(runDirectory(host), ramDirectory.resolve(host), "gwq-none");
    }

    /// Settings of a host that waits for nobody long.
    QemuSettings hastySettings(String host) {
        QemuSettings patient = settings(host);
        return new QemuSettings(
                patient.binary(),
                patient.runDirectory(),
                patient.ramDirectory(),
                patient.bridge(),
                patient.accelerator(),
                Duration.ofSeconds(2),
                patient.startTimeout(),
                Duration.ofSeconds(4));
    }

    Path runDirectory(String host) {
        return directory.resolve(host);
    }

    Path ramFile(String host, String guest) {
        return ramDirectory.resolve(host).resolve(guest + ".ram");
    }

    Path directory() {
        return directory;
    }

    Path image(String name, BootSector sector) throws IOException {
        Path image = directory.resolve(name);
        sector.writeTo(image);
        return image;
    }

    /// A guest of 32 MiB with one disk and the given network cards.
    GuestSpec spec(String name, Path image, Nic... nics) {
        return new GuestSpec(
                name,
                UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)),
                MEMORY_BYTES,
                1,
                source.capabilities().defaultMachineType(),
                source.capabilities().defaultCpuModel(),
                null,
                List.of(new Disk("vda", image.toString(), Disk.Format.RAW, false)),
                List.of(nics),
                OnEvent.DESTROY,
                OnEvent.RESTART,
                OnEvent.PRESERVE);
    }

    /// A guest that counts, not yet resumed.
    Guest counting(String name) throws IOException {
        return create(spec(name, image(name + ".img", BootSector.COUNTER)));
    }

    Guest create(GuestSpec spec) throws HypervisorException {
        return keep(source.create(spec));
    }

    Guest prepareIncoming(GuestSpec spec) throws HypervisorException {
        return keep(target.prepareIncoming(spec));
    }

    Guest keep(Guest guest) {
        opened.add(guest);
        return guest;
    }

    /// The complete lines on a guest's serial console.
    static List<String> console(QemuHypervisor host, String guest) throws IOException {
        String text = Files.readString(host.consoleLog(guest), StandardCharsets.ISO_8859_1);
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    }

    /// Waits until the guest has printed this many lines on this host.
    static void awaitLines(QemuHypervisor host, String guest, int lines) {
        await().atMost(LONG)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> console(host, guest).size() >= lines);
    }

    /// Copies a paused guest's memory as a migration does, but all of it.
    static void copyMemory(Guest from, Guest to) {
        long pages = from.memory().pageCount();
        to.memory().pages(0, pages).copyFrom(from.memory().pages(0, pages));
    }

    @Override
    public void close() throws IOException {
        for (Guest guest : opened) {
            guest.close();
        }
        for (String host : hosts) {
            QemuHypervisor hypervisor =
                    QemuHypervisor.open(QemuSettings.of(runDirectory(host), ramDirectory.resolve(host), null));
            for (String name : hypervisor.present()) {
                Optional<LinuxProcess> process = QemuProcess.find(GuestFolder.of(runDirectory(host), name));
                if (process.isPresent()) {
                    QemuProcess.kill(process.get(), LONG);
                }
                hypervisor.cleanUp(name);
            }
        }
        deleteTree(directory);
        deleteTree(ramDirectory);
    }

    private static void deleteTree(Path root) throws IOException {
        try (Stream<Path> entries = Files.walk(root)) {
            for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(entry);
            }
        }
    }
}
