package io.godwit.shim.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.shim.GuestSpec;
import io.godwit.shim.GuestSpec.Boot;
import io.godwit.shim.GuestSpec.Disk;
import io.godwit.shim.GuestSpec.Nic;
import io.godwit.shim.GuestSpec.OnEvent;
import io.godwit.shim.NbdDisk;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class QemuCommandLineTest {
    private static final String EVIL = "/i,mages/\"a\",readonly=on/x',-S";

    @Test
    void values_cannot_add_options() {
        QemuSettings settings = QemuSettings.of(Path.of("/run/a,path=b"), Path.of("/ram,size=1"), null);
        List<String> line = build(
                settings,
                new Boot("/boot/k,initrd=x", "/boot/r,append=y", "console=ttyS0 a,b -device x"),
                List.of(new Disk("vda", EVIL, Disk.Format.QCOW2, true)),
                List.of(),
                false);

        assertThat(valuesOf(line, "-chardev"))
                .contains("socket,id=qmp,path=/run/a,,path=b/web/qmp.sock,server=on,wait=off");
        assertThat(valuesOf(line, "-append")).containsExactly("console=ttyS0 a,b -device x");
        assertThat(valuesOf(line, "-kernel")).containsExactly("/boot/k,initrd=x");
        JsonNode file = Json.read(valuesOf(line, "-blockdev").getFirst());
        assertThat(file.path("filename").asString()).isEqualTo(EVIL);
        assertThat(file.path("read-only").asBoolean()).isTrue();
        JsonNode memory = Json.read(valuesOf(line, "-object").getFirst());
        assertThat(memory.path("mem-path").asString()).isEqualTo("/ram,size=1/web.ram");
    }

    @Test
    void every_device_has_an_address_of_its_own_that_does_not_depend_on_the_host() {
        QemuSettings settings = QemuSettings.of(Path.of("/run/g"), Path.of("/ram"), "br0");
        List<Disk> disks = IntStream.range(0, GuestSpec.DISKS_MAX)
                .mapToObj(i -> new Disk("vd" + i, "/images/" + i, Disk.Format.RAW, false))
                .toList();
        List<Nic> nics = Collections.nCopies(GuestSpec.NICS_MAX, new Nic("52:54:00:00:00:01", null, List.of()));
        List<String> line = build(settings, null, disks, nics, true);

        List<String> addresses = valuesOf(line, "-device").stream()
                .map(Json::read)
                .filter(device -> device.has("addr"))
                .map(device -> device.path("addr").asString())
                .toList();
        assertThat(addresses)
                .hasSize(49)
                .doesNotHaveDuplicates()
                .startsWith("2.0", "2.1")
                .endsWith("8.0");
        assertThat(valuesOf(line, "-netdev")).allMatch(netdev -> netdev.endsWith("vhost=off"));
        assertThat(line).endsWith("-incoming", "defer");
    }

    @Test
    void no_card_lets_its_guest_announce_or_filter_vlans() {
        // With announcements by the guest, a moved guest that resets its card (a reboot, a poweroff) crashes QEMU.
        QemuSettings settings = QemuSettings.of(Path.of("/run/g"), Path.of("/ram"), "br0");
        List<Nic> nics = List.of(new Nic("52:54:00:00:00:01", null, List.of()));
        assertThat(valuesOf(build(settings, null, List.of(), nics, false), "-device").stream()
                        .map(Json::read)
                        .filter(device -> device.path("driver").asString().equals("virtio-net-pci")))
                .singleElement()
                .matches(device -> device.has("guest_announce")
                        && !device.path("guest_announce").asBoolean())
                // Or a moved guest would be deaf in its VLANs.
                .matches(device ->
                        device.has("ctrl_vlan") && !device.path("ctrl_vlan").asBoolean());
    }

    @Test
    void tap_names_fit_the_kernel_and_differ_between_guests_and_hosts() {
        String longName = "a".repeat(63);
        List<String> taps = TapNames.of(Path.of("/run/a"), longName, GuestSpec.NICS_MAX);
        assertThat(taps).hasSize(GuestSpec.NICS_MAX).doesNotHaveDuplicates().allMatch(tap -> tap.length() <= 15);
        assertThat(TapNames.of(Path.of("/run/a"), longName, 1)).isEqualTo(taps.subList(0, 1));
        assertThat(TapNames.of(Path.of("/run/b"), longName, 1)).doesNotContain(taps.getFirst());
        assertThat(TapNames.of(Path.of("/run/a"), "b", 1)).doesNotContain(taps.getFirst());
    }

    @Test
    void a_served_disk_is_the_same_hardware_and_is_reached_by_its_exports_name_over_tls() {
        QemuSettings settings = QemuSettings.of(Path.of("/run/g"), Path.of("/ram"), "br0");
        List<Disk> disks = List.of(
                new Disk("vda", "/images/root.qcow2", Disk.Format.QCOW2, false),
                new Disk("vdb", "/plain/data", Disk.Format.RAW, false));
        NbdDisk served =
                new NbdDisk("192.0.2.1", 10_809, "x-1", 10, new NbdDisk.Tls(Path.of("/run/a,tls"), "storage1"));

        List<String> plain = build(settings, null, disks, List.of(), true);
        List<String> line = build(settings, null, disks, List.of(), Map.of("/images/root.qcow2", served), true);

        assertThat(valuesOf(line, "-device")).isEqualTo(valuesOf(plain, "-device"));
        List<JsonNode> nodes =
                valuesOf(line, "-blockdev").stream().map(Json::read).toList();
        assertThat(nodes.stream().map(node -> node.path("driver").asString())).containsExactly("nbd", "file", "raw");
        JsonNode nbd = nodes.getFirst();
        assertThat(nbd.path("export").asString()).isEqualTo("x-1");
        assertThat(nbd.path("tls-hostname").asString()).isEqualTo("storage1");
        assertThat(nbd.path("reconnect-delay").asInt()).isEqualTo(10);
        assertThat(valuesOf(line, "-object").stream().map(Json::read)).anySatisfy(credentials -> {
            assertThat(credentials.path("id").asString())
                    .isEqualTo(nbd.path("tls-creds").asString());
            assertThat(credentials.path("dir").asString()).isEqualTo("/run/a,tls");
            assertThat(credentials.path("verify-peer").asBoolean()).isTrue();
        });
    }

    private static List<String> build(
            QemuSettings settings, @Nullable Boot boot, List<Disk> disks, List<Nic> nics, boolean incoming) {
        return build(settings, boot, disks, nics, Map.of(), incoming);
    }

    private static List<String> build(
            QemuSettings settings,
            @Nullable Boot boot,
            List<Disk> disks,
            List<Nic> nics,
            Map<String, NbdDisk> remote,
            boolean incoming) {
        GuestSpec spec = new GuestSpec(
                "web",
                new UUID(1, 2),
                GuestSpec.MEMORY_BYTES_MIN,
                2,
                "pc-q35-7.2",
                "Nehalem",
                boot,
                disks,
                nics,
                OnEvent.DESTROY,
                OnEvent.RESTART,
                OnEvent.DESTROY);
        StoredGuest guest = new StoredGuest(
                StoredGuest.FORMAT,
                spec,
                settings.ramDirectory().resolve("web.ram"),
                TapNames.of(settings.runDirectory(), "web", nics.size()));
        GuestFolder folder = GuestFolder.of(settings.runDirectory(), "web");
        return QemuCommandLine.build(settings, "tcg", guest, folder, remote, incoming);
    }

    private static List<String> valuesOf(List<String> line, String option) {
        return IntStream.range(0, line.size() - 1)
                .filter(i -> line.get(i).equals(option))
                .mapToObj(i -> line.get(i + 1))
                .toList();
    }
}
