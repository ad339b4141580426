package io.godwit.shim.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuHierarchyTest {
    private static final String V1 =
            "33 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct";

    @TempDir
    private Path folder;

    private String unifiedAt(Path mount, String controllers) throws IOException {
        Files.writeString(Files.createDirectories(mount).resolve("cgroup.controllers"), controllers + "\n");
        return "41 31 0:38 / " + mount + " rw,relatime - cgroup2 cgroup2 rw,nsdelegate";
    }

    @Test
    void findsVersionOneByItsController() {
        List<String> lines = List.of(
                "32 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct",
                "34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset",
                V1,
                "not a line of mountinfo");
        assertThat(CpuHierarchy.find(lines))
                .contains(new CpuHierarchy(Path.of("/sys/fs/cgroup/cpu,cpuacct"), "/", false));
    }

    @Test
    void versionTwoCountsOnlyIfItHasTheControllerItself() throws Exception {
        String with = unifiedAt(folder.resolve("a"), "cpuset cpu io memory");
        String without = unifiedAt(folder.resolve("b"), "hugetlb cpuset");
        assertThat(CpuHierarchy.find(List.of(without))).isEmpty();
        assertThat(CpuHierarchy.find(List.of(without, with)))
                .contains(new CpuHierarchy(folder.resolve("a"), "/", true));
        assertThat(CpuHierarchy.find(List.of(without, V1)).orElseThrow().unified())
                .isFalse();
        assertThat(CpuHierarchy.find(List.of())).isEmpty();
    }

    @Test
    void placesAProcessInTheTreeItSees() throws Exception {
        CpuHierarchy first = new CpuHierarchy(Path.of("/m"), "/", false);
        List<String> mixed = List.of("4:memory:/mem", "1:cpu,cpuacct:/system.slice/godwit", "0::/unified");
        assertThat((Object) first.groupOf(mixed)).isEqualTo(Path.of("/m/system.slice/godwit"));
        CpuHierarchy second = new CpuHierarchy(Path.of("/m"), "/box", true);
        assertThat((Object) second.groupOf(List.of("0::/box/guest"))).isEqualTo(Path.of("/m/guest"));
        assertThat((Object) second.groupOf(List.of("0::/box"))).isEqualTo(Path.of("/m"));
        assertThatThrownBy(() -> second.groupOf(List.of("0::/boxer"))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> second.groupOf(List.of("0::/box/../../etc"))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> second.groupOf(List.of("1:cpu:/"))).isInstanceOf(IOException.class);
    }

    @Test
    void inVersionTwoAThreadGetsAThreadedGroupBeforeProcessorTimeIsHandedOut() throws Exception {
        Path parent = Files.createDirectory(folder.resolve("service"));
        Files.writeString(parent.resolve("cgroup.subtree_control"), "memory\n");
        CpuHierarchy hierarchy = new CpuHierarchy(folder, "/", true);
        ThreadThrottle throttle = ThreadThrottle.existing(hierarchy, parent, 77);
        throttle.hold(List.of(78L, 79L), 30);
        for (int thread = 78; thread <= 79; thread++) {
            Path group = parent.resolve("godwit-77-" + thread);
            assertThat(group.resolve("cgroup.type")).hasContent("threaded");
            assertThat(group.resolve("cpu.max")).hasContent("7000 10000");
            assertThat(group.resolve("cgroup.threads")).hasContent(Integer.toString(thread));
        }
        assertThat(parent.resolve("cgroup.subtree_control")).hasContent("+cpu");
        throttle.lift();
        assertThat(parent.resolve("godwit-77-78/cpu.max")).hasContent("max 10000");
    }

    @Test
    void aGroupOutsideTheTreeIsRefused() {
        CpuHierarchy hierarchy = new CpuHierarchy(folder, "/", true);
        assertThatThrownBy(() -> ThreadThrottle.existing(hierarchy, folder.resolve("../elsewhere"), 1))
                .hasMessageContaining("Not a control group");
    }
}
