package io.godwit.benchmarks.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.chaos.lab.LabException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class QemuArgumentsTest {
    private static final List<String> WORDS = List.of(
            "/usr/bin/qemu-system-x86_64",
            "-pidfile",
            "/run/godwit-lab/x/h1/run/web1/qemu.pid",
            "-D",
            "/run/godwit-lab/x/h1/run/web1/qemu.log",
            "-S",
            "-object",
            "{\"qom-type\":\"memory-backend-file\",\"id\":\"ram0\",\"mem-path\":\"/dev/shm/godwit-lab/x/h1/web1.ram\"}",
            "-chardev",
            "socket,id=qmp,path=/run/godwit-lab/x/h1/run/web1/qmp.sock,server=on,wait=off",
            "-netdev",
            "tap,id=net0,ifname=gwabcn0,script=no,downscript=no,vhost=off");

    @Test
    void nothingOfTheAgentsPlaceIsLeftInTheMovedCommandLine() {
        List<String> moved =
                QemuArguments.of(WORDS).at(Path.of("/run/elsewhere"), Path.of("/dev/shm/other.ram"), "bench0", false);
        assertThat(moved).hasSameSizeAs(WORDS);
        assertThat(String.join(" ", moved))
                .doesNotContain("/h1/", "gwabc")
                .contains("/run/elsewhere/qmp.sock", "/dev/shm/other.ram", "ifname=bench0,", " -S ");
    }

    @Test
    void aTargetWaitsForStateAndRunsAtOnceWhenItHasIt() {
        List<String> moved = QemuArguments.of(WORDS).at(Path.of("/a"), Path.of("/b"), "bench0", true);
        assertThat(moved).doesNotContain("-S").endsWith("-incoming", "defer");
        List<String> again = QemuArguments.of(moved).at(Path.of("/c"), Path.of("/d"), "bench1", true);
        assertThat(again).containsOnlyOnce("-incoming").endsWith("-incoming", "defer");
    }

    @Test
    void aCommandLineOfAnotherKindIsRefused() {
        assertThatThrownBy(() -> QemuArguments.of(List.of("sleep", "5"))).isInstanceOf(LabException.class);
        assertThatThrownBy(() -> QemuArguments.of(WORDS.subList(0, 6)))
                .isInstanceOf(LabException.class)
                .hasMessageContaining("mem-path");
    }
}
