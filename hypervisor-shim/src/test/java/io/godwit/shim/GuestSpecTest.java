package io.godwit.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.shim.GuestSpec.Boot;
import io.godwit.shim.GuestSpec.Disk;
import io.godwit.shim.GuestSpec.Nic;
import io.godwit.shim.GuestSpec.OnEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestSpecTest {
    private static final long MIB = 1 << 20;
    private static final Nic NIC = new Nic("52:54:00:12:34:56", null, List.of("10.0.0.1"));

    @Test
    void takes_what_is_right() {
        GuestSpec spec = spec("web1.example-2_a", 512 * MIB, 2, "pc-q35-7.2", "qemu64");
        assertThat(spec.name()).isEqualTo("web1.example-2_a");
        assertThat(spec.nics()).containsExactly(NIC);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-a", ".", "..", "a/b", "a b", "a\n", "\u00e4"})
    void refuses_names_that_are_no_file_names(String name) {
        assertRefused(() -> spec(name, 512 * MIB, 1, "pc-q35-7.2", "qemu64"), "name");
        assertRefused(() -> spec("x".repeat(64), 512 * MIB, 1, "pc-q35-7.2", "qemu64"), "name");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -2 * 1048576, 1048576, 16 * 1048576 + 1, 17 * 1048576, (4L << 40) + (2 << 20)})
    void refuses_memory_out_of_range(long bytes) {
        assertRefused(() -> spec("g", bytes, 1, "pc-q35-7.2", "qemu64"), "Memory");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 289})
    void refuses_vcpus_out_of_range(int vcpus) {
        assertRefused(() -> spec("g", 512 * MIB, vcpus, "pc-q35-7.2", "qemu64"), "vcpus");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a,b=c", "a b", "-x"})
    void refuses_words_that_would_be_options_of_their_own(String word) {
        assertRefused(() -> spec("g", 512 * MIB, 1, word, "qemu64"), "Machine type");
        assertRefused(() -> spec("g", 512 * MIB, 1, "pc-q35-7.2", word), "CPU model");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "relative", "/with\nline", "/with\u0000null", "/with\u007fdelete"})
    void refuses_paths(String path) {
        assertRefused(() -> new Disk("vda", path, Disk.Format.RAW, false), "Path");
        assertRefused(() -> new Boot(path, null, ""), "Path");
        assertRefused(() -> new Boot("/kernel", path, ""), "Path");
    }

    @Test
    void refuses_what_is_too_long_or_too_many() {
        assertRefused(() -> new Disk("vda", "/" + "x".repeat(1024), Disk.Format.RAW, false), "Path");
        assertRefused(() -> new Boot("/kernel", null, "x".repeat(2048)), "command line");
        assertRefused(() -> new Nic("52:54:00:12:34:56", null, Collections.nCopies(17, "10.0.0.1")), "addresses");
        Disk disk = new Disk("vda", "/disk", Disk.Format.QCOW2, true);
        assertRefused(() -> spec(Collections.nCopies(33, disk), List.of()), "disks");
        assertRefused(() -> spec(List.of(disk), Collections.nCopies(17, NIC)), "network cards");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "52:54:00:12:34", "52:54:00:12:34:5G", "52:54:00:12:34:5A", "53:54:00:12:34:56"})
    void refuses_macs(String mac) {
        assertRefused(() -> new Nic(mac, null, List.of()), "MAC");
    }

    @Test
    void refuses_bridges_that_are_no_interfaces() {
        assertRefused(() -> new Nic("52:54:00:12:34:56", "sixteen-letters-", List.of()), "Bridge");
        assertRefused(() -> new Nic("52:54:00:12:34:56", "br0,script=/x", List.of()), "Bridge");
    }

    @Test
    void keeps_its_own_copy_of_lists() {
        List<Nic> nics = new ArrayList<>(List.of(NIC));
        GuestSpec spec = spec(List.of(), nics);
        nics.clear();
        assertThat(spec.nics()).containsExactly(NIC);
    }

    private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable making, String about) {
        assertThatThrownBy(making).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(about);
    }

    private static GuestSpec spec(List<Disk> disks, List<Nic> nics) {
        return spec("g", 512 * MIB, 1, "pc-q35-7.2", "qemu64", disks, nics);
    }

    private static GuestSpec spec(String name, long bytes, int vcpus, String machine, String cpu) {
        return spec(name, bytes, vcpus, machine, cpu, List.of(), List.of(NIC));
    }

    private static GuestSpec spec(
            String name, long bytes, int vcpus, String machine, String cpu, List<Disk> disks, List<Nic> nics) {
        return new GuestSpec(
                name,
                new UUID(1, 2),
                bytes,
                vcpus,
                machine,
                cpu,
                null,
                disks,
                nics,
                OnEvent.DESTROY,
                OnEvent.RESTART,
                OnEvent.DESTROY);
    }
}
