package io.godwit.shim.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.shim.Guest;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.GuestSpec.Boot;
import io.godwit.shim.GuestSpec.Disk;
import io.godwit.shim.GuestSpec.Nic;
import io.godwit.shim.Hypervisor.Capabilities;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What keeps guests from starting, told beforehand and told afterwards.
@Timeout(120)
class QemuStartTest {
    private QemuFixture fixture;

    @BeforeEach
    void open() throws IOException {
        fixture = new QemuFixture();
    }

    @AfterEach
    void close() throws IOException {
        fixture.close();
    }

    @Test
    void capabilities_name_what_can_be_had() {
        Capabilities capabilities = fixture.source.capabilities();
        assertThat(capabilities.version()).startsWith("QEMU ");
        assertThat(capabilities.machineTypes())
                .contains(capabilities.defaultMachineType())
                .allMatch(name -> name.startsWith("pc-q35-"));
        assertThat(capabilities.cpuModels())
                .contains(capabilities.defaultCpuModel(), "qemu64")
                .doesNotContain("max");
        assertThat(capabilities.cpuModels().contains("host"))
                .isEqualTo(capabilities.accelerator().equals("kvm"));
    }

    @Test
    void nothing_speaks_against_a_good_guest() throws Exception {
        assertThat(fixture.source.blockers(good("good"))).isEmpty();
    }

    @Test
    void all_blockers_are_told_at_once() throws Exception {
        Path raw = fixture.image("raw.img", BootSector.COUNTER);
        Path qcow2 = Files.write(fixture.directory().resolve("q.img"), new byte[] {'Q', 'F', 'I', (byte) 0xfb, 0});
        GuestSpec good = good("taken");
        fixture.create(good);
        GuestSpec bad = new GuestSpec(
                "taken",
                good.uuid(),
                GuestSpec.MEMORY_BYTES_MAX,
                1,
                "pc-q35-99.0",
                "max",
                new Boot("/nowhere/kernel", "/nowhere/ramdisk", ""),
                List.of(
                        new Disk("vda", "/nowhere/image", Disk.Format.RAW, false),
                        new Disk("vdb", raw.toString(), Disk.Format.QCOW2, false),
                        new Disk("vdc", qcow2.toString(), Disk.Format.RAW, false),
                        new Disk("vdd", fixture.directory().toString(), Disk.Format.RAW, false)),
                List.of(
                        new Nic("52:54:00:00:00:01", "gwq-nobridge", List.of()),
                        new Nic("52:54:00:00:00:02", null, List.of())),
                good.onPoweroff(),
                good.onReboot(),
                good.onCrash());
        List<String> blockers = fixture.source.blockers(bad);
        assertThat(blockers).hasSize(12);
        for (String expected : List.of(
                "already a guest of this name",
                "machine type: pc-q35-99.0",
                "CPU model is not available",
                "not enough free memory",
                "no kernel: /nowhere/kernel",
                "no ramdisk: /nowhere/ramdisk",
                "no image of disk vda",
                "disk vdb is not in format qcow2",
                "disk vdc is qcow2, and configured as raw",
                "image of disk vdd cannot be read",
                "no bridge gwq-nobridge",
                "no bridge gwq-none")) {
            assertThat(blockers).anyMatch(blocker -> blocker.contains(expected));
        }
    }

    @Test
    void kvm_that_is_demanded_and_does_not_work_is_a_blocker_and_not_replaced() throws Exception {
        Path flags = Files.writeString(fixture.directory().resolve("cpuinfo"), "flags\t\t: fpu sse4_2\n");
        Path device = Files.writeString(fixture.directory().resolve("kvm"), "");
        Optional<String> obstacle = Kvm.obstacle(device, flags);
        assertThat(obstacle).hasValueSatisfying(why -> assertThat(why).contains("neither vmx nor svm"));
        assertThat(Kvm.obstacle(fixture.directory().resolve("none"), flags))
                .hasValueSatisfying(why -> assertThat(why).contains("does not open"));
        Files.writeString(flags, "flags\t\t: fpu vmx sse4_2\n");
        assertThat(Kvm.obstacle(device, flags)).isEmpty();

        QemuSettings demanding = fixture.settings("c").withAccelerator(QemuSettings.Accelerator.KVM);
        assertThat(Blockers.find(demanding, fixture.source.capabilities(), obstacle, good("fast"), Set.of()))
                .isEqualTo(obstacle.stream().toList());
        assertThat(Kvm.resolve(QemuSettings.Accelerator.AUTO, false)).isEqualTo("tcg");
        assertThat(Kvm.resolve(QemuSettings.Accelerator.AUTO, true)).isEqualTo("kvm");
        assertThat(Kvm.resolve(QemuSettings.Accelerator.TCG, true)).isEqualTo("tcg");
    }

    @Test
    void memory_that_was_promised_to_others_is_not_free() throws Exception {
        Path ram = Files.createDirectory(fixture.directory().resolve("ram"));
        long before = HostMemory.availableBytes(ram);
        try (RandomAccessFile file =
                new RandomAccessFile(ram.resolve("other.ram").toFile(), "rw")) {
            file.setLength(1L << 40);
        }
        assertThat(HostMemory.availableBytes(ram)).isLessThan(before - (1L << 39));
        assertThat(HostMemory.availableBytes("MemTotal: 5 kB\nMemAvailable:     123 kB\n"))
                .isEqualTo(123 << 10);
        assertThatThrownBy(() -> HostMemory.availableBytes("MemTotal: 5 kB\n")).isInstanceOf(HypervisorException.class);
    }

    @Test
    void a_failed_start_tells_qemus_words_and_leaves_nothing() throws Exception {
        GuestSpec unbootable = with(good("broken"), new Boot("/nowhere/kernel", null, ""));
        assertThatThrownBy(() -> fixture.source.create(unbootable))
                .isInstanceOf(HypervisorException.class)
                .hasMessageContaining("/nowhere/kernel")
                .hasMessageContaining("QEMU did not start for guest broken")
                .satisfies(e -> assertThat(e.getSuppressed()).isEmpty());
        assertNothingLeft("broken");
    }

    @Test
    void a_missing_bridge_leaves_nothing() throws Exception {
        GuestSpec bridged = fixture.spec(
                "bridged",
                fixture.image("bridged.img", BootSector.COUNTER),
                new Nic("52:54:00:00:00:01", null, List.of()));
        assertThatThrownBy(() -> fixture.source.create(bridged)).hasMessageContaining("gwq-none");
        assertNothingLeft("bridged");
    }

    @Test
    void a_second_guest_of_the_name_is_refused_and_the_first_unharmed() throws Exception {
        Guest first = fixture.counting("only");
        assertThatThrownBy(() -> fixture.source.create(first.spec())).hasMessageContaining("already a guest");
        assertThat(first.state()).isEqualTo(RunState.PAUSED);
        assertThat(fixture.ramFile("a", "only")).exists();
    }

    @Test
    void an_image_in_use_is_refused() throws Exception {
        Guest first = fixture.counting("owner");
        GuestSpec thief =
                fixture.spec("thief", Path.of(first.spec().disks().getFirst().path()));
        assertThatThrownBy(() -> fixture.source.create(thief)).hasMessageContaining("lock");
        assertNothingLeft("thief");
    }

    @Test
    void a_run_directory_too_deep_for_sockets_is_told() throws Exception {
        QemuSettings settings = fixture.settings("d".repeat(90));
        QemuHypervisor deep = QemuHypervisor.open(settings);
        GuestSpec spec = good("deep");
        assertThat(deep.blockers(spec)).singleElement().asString().contains("107 bytes");
        assertThatThrownBy(() -> deep.create(spec)).hasMessageContaining("107 bytes");
        assertThat(deep.present()).isEmpty();
    }

    @Test
    void a_missing_qemu_is_told() {
        QemuSettings settings = QemuSettings.of(fixture.directory(), fixture.directory(), null);
        Path nowhere = Path.of("/nowhere/qemu");
        assertThatThrownBy(() -> QemuHypervisor.open(new QemuSettings(
                        nowhere,
                        settings.runDirectory(),
                        settings.ramDirectory(),
                        null,
                        settings.accelerator(),
                        settings.commandTimeout(),
                        settings.startTimeout(),
                        settings.deviceStateTimeout())))
                .isInstanceOf(HypervisorException.class)
                .hasMessageContaining("/nowhere/qemu");
        assertThatThrownBy(() -> QemuProbe.run(Path.of("/bin/cat"), "tcg", QemuFixture.LONG))
                .isInstanceOf(HypervisorException.class);
    }

    private GuestSpec good(String name) throws IOException {
        return fixture.spec(name, fixture.image(name + ".img", BootSector.COUNTER));
    }

    private static GuestSpec with(GuestSpec spec, @Nullable Boot boot) {
        return new GuestSpec(
                spec.name(),
                spec.uuid(),
                spec.memoryBytes(),
                spec.vcpus(),
                spec.machineType(),
                spec.cpuModel(),
                boot,
                spec.disks(),
                spec.nics(),
                spec.onPoweroff(),
                spec.onReboot(),
                spec.onCrash());
    }

    private void assertNothingLeft(String name) throws IOException {
        assertThat(fixture.source.present()).doesNotContain(name);
        assertThat(fixture.ramFile("a", name)).doesNotExist();
        assertThat(QemuProcess.find(GuestFolder.of(fixture.runDirectory("a"), name)))
                .isEmpty();
    }
}
