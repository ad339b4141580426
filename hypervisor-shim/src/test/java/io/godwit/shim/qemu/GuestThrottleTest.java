package io.godwit.shim.qemu;

import static io.godwit.shim.qemu.QemuFixture.LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.shim.Guest;
import io.godwit.shim.linux.CpuHierarchy;
import io.godwit.shim.linux.LinuxProcess;
import io.godwit.shim.linux.ThreadThrottle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A real guest's processors are slowed by the kernel, and let go on every way out.
@Timeout(120)
class GuestThrottleTest {
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
    void itsProcessorsAreHeldBackAndNoOtherThreadAndThenLetGo() throws Exception {
        Guest guest = fixture.counting("slow");
        guest.throttle(90);
        guest.resume();

        List<Path> groups = groups(guest.pid());
        assertThat(groups).hasSize(1);
        Path group = groups.getFirst();
        // The firmware alone keeps a processor busy for longer than its tenth of a period.
        await().atMost(LONG).until(() -> timesHeldBack(group) > 3);
        List<String> members = Files.readAllLines(group.resolve(membersFile()));
        assertThat(members).hasSize(1).doesNotContain(Long.toString(guest.pid()));
        assertThat(groupOf(guest.pid(), guest.pid())).doesNotContain("godwit-");

        guest.throttle(40);
        assertThat(quotaUs(group)).isEqualTo("6000");
        guest.throttle(0);
        await().atMost(LONG).untilAsserted(() -> assertThat(groups(guest.pid())).isEmpty());
        assertThat(groupOf(guest.pid(), Long.parseLong(members.getFirst())))
                .isEqualTo(groupOf(guest.pid(), guest.pid()));
        assertThat(folder("slow").resolve("throttle")).doesNotExist();
        QemuFixture.awaitLines(fixture.source, "slow", 2);
        guest.throttle(0);
    }

    @Test
    void aLimitIsGoneAtOnceThoughItsGroupIsRemovedLater() throws Exception {
        Guest guest = fixture.counting("atonce");
        guest.throttle(80);
        CpuHierarchy hierarchy = CpuHierarchy.find().orElseThrow();
        ThreadThrottle held = ThreadThrottle.of(hierarchy, guest.pid());
        assertThat(quotaUs(groups(guest.pid()).getFirst())).isEqualTo("2000");
        held.lift();
        assertThat(quotaUs(groups(guest.pid()).getFirst())).isIn("-1", "max");
        held.lift();
        held.remove();
        held.remove();
        assertThat(groups(guest.pid())).isEmpty();
    }

    @Test
    void whoAdoptsAGuestThatWasBeingSlowedLetsItGo() throws Exception {
        Guest first = fixture.counting("orphan");
        first.throttle(50);
        first.resume();
        first.close();
        assertThat(groups(first.pid())).hasSize(1);

        Guest second = fixture.keep(fixture.source.adopt("orphan").orElseThrow());
        assertThat(groups(second.pid())).isEmpty();
        assertThat(folder("orphan").resolve("throttle")).doesNotExist();
        second.throttle(20);
        assertThat(groups(second.pid())).hasSize(1);
        second.destroy(LONG);
        assertThat(groups(second.pid())).isEmpty();
    }

    @Test
    void nothingIsLeftOfASlowedGuestWhoseProcessWasKilled() throws Exception {
        Guest guest = fixture.counting("killed");
        guest.throttle(50);
        guest.close();
        QemuProcess.kill(LinuxProcess.find(guest.pid()).orElseThrow(), LONG);
        assertThat(groups(guest.pid())).hasSize(1);
        assertThat(fixture.source.adopt("killed")).isEmpty();
        fixture.source.cleanUp("killed");
        assertThat(groups(guest.pid())).isEmpty();
        assertThat(fixture.source.present()).isEmpty();
    }

    @Test
    void aNoteThatWasCutOffOrForgedHarmsNobody() throws Exception {
        Guest guest = fixture.counting("note");
        guest.close();
        Path note = folder("note").resolve("throttle");
        for (String text : List.of("", "12", "12\n", "12\n/nowhere\n", "x\n/\n", guest.pid() + "\n/sys\n")) {
            Files.writeString(note, text);
            Guest adopted = fixture.keep(fixture.source.adopt("note").orElseThrow());
            assertThat(adopted.pid()).isEqualTo(guest.pid());
            adopted.close();
            Files.deleteIfExists(note);
        }
    }

    @Test
    void aGuestIsNeverStoppedAltogether() throws Exception {
        Guest guest = fixture.counting("limits");
        assertThatThrownBy(() -> guest.throttle(91)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> guest.throttle(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(groups(guest.pid())).isEmpty();
    }

    private Path folder(String guest) {
        return fixture.runDirectory("a").resolve(guest);
    }

    private static List<Path> groups(long pid) throws Exception {
        CpuHierarchy hierarchy = CpuHierarchy.find().orElseThrow();
        String prefix = "godwit-" + pid + "-";
        try (Stream<Path> found = Files.walk(hierarchy.mount())) {
            return found.filter(path -> Files.isDirectory(path))
                    .filter(path -> path.getFileName().toString().startsWith(prefix))
                    .toList();
        }
    }

    private static boolean unified() {
        return CpuHierarchy.find().orElseThrow().unified();
    }

    private static String membersFile() {
        return unified() ? "cgroup.threads" : "tasks";
    }

    private static String quotaUs(Path group) throws IOException {
        Path file = group.resolve(unified() ? "cpu.max" : "cpu.cfs_quota_us");
        return Files.readString(file).strip().split(" ", -1)[0];
    }

    private static long timesHeldBack(Path group) throws IOException {
        return Files.readAllLines(group.resolve("cpu.stat")).stream()
                .filter(line -> line.startsWith("nr_throttled "))
                .mapToLong(line -> Long.parseLong(line.substring("nr_throttled ".length())))
                .findFirst()
                .orElseThrow();
    }

    private static String groupOf(long pid, long thread) throws IOException {
        return Files.readString(Path.of("/proc/" + pid + "/task/" + thread + "/cgroup"));
    }
}
