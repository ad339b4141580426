package io.godwit.shim.qemu;

import static io.godwit.shim.qemu.QemuFixture.LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.shim.DirtyOracle;
import io.godwit.shim.DirtyTracker;
import io.godwit.shim.Guest;
import io.godwit.shim.Guest.EndReason;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import io.godwit.shim.RunState;
import io.godwit.shim.linux.LinuxProcess;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// One real guest's life on one host.
@Timeout(120)
class QemuGuestTest {
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
    void a_created_guest_runs_no_instruction_before_it_is_resumed() throws Exception {
        Guest guest = fixture.counting("fresh");
        assertThat(guest.state()).isEqualTo(RunState.PAUSED);
        assertThat(QemuFixture.console(fixture.source, "fresh")).isEmpty();
        assertThat(fixture.source.present()).containsExactly("fresh");

        guest.resume();
        assertThat(guest.state()).isEqualTo(RunState.RUNNING);
        QemuFixture.awaitLines(fixture.source, "fresh", 2);
        assertThat(QemuFixture.console(fixture.source, "fresh")).startsWith("W0001", "W0002");
    }

    @Test
    void a_paused_guest_writes_nothing() throws Exception {
        Guest guest = fixture.counting("still");
        guest.resume();
        QemuFixture.awaitLines(fixture.source, "still", 2);

        guest.pause();
        guest.pause();
        assertThat(guest.state()).isEqualTo(RunState.PAUSED);
        int before = filled(guest);
        int linesBefore = QemuFixture.console(fixture.source, "still").size();
        await().during(Duration.ofMillis(300)).atMost(LONG).until(() -> filled(guest) == before);
        assertThat(QemuFixture.console(fixture.source, "still")).hasSize(linesBefore);

        guest.resume();
        guest.resume();
        await().atMost(LONG).until(() -> filled(guest) > before);
    }

    @Test
    void a_guest_outlives_its_agent_and_is_adopted() throws Exception {
        Guest first = fixture.counting("kept");
        first.resume();
        QemuFixture.awaitLines(fixture.source, "kept", 2);
        long pid = first.pid();
        first.close();
        first.close();

        Guest second = fixture.keep(fixture.source.adopt("kept").orElseThrow());
        assertThat(second.pid()).isEqualTo(pid);
        assertThat(second.spec()).isEqualTo(first.spec());
        assertThat(second.state()).isEqualTo(RunState.RUNNING);
        assertThat(second.gone()).isNotDone();
        int before = filled(second);
        await().atMost(LONG).until(() -> filled(second) > before);
    }

    @Test
    void finds_its_process_without_the_process_id_file() throws Exception {
        Guest guest = fixture.counting("lost");
        Files.delete(fixture.runDirectory("a").resolve("lost/qemu.pid"));
        guest.close();
        assertThat(fixture.keep(fixture.source.adopt("lost").orElseThrow()).pid())
                .isEqualTo(guest.pid());
    }

    @Test
    void is_not_misled_by_a_process_id_that_went_to_another_process() throws Exception {
        Guest guest = fixture.counting("reused");
        guest.destroy(LONG);
        Path folder = Files.createDirectory(fixture.runDirectory("a").resolve("reused"));
        Files.writeString(folder.resolve("qemu.pid"), ProcessHandle.current().pid() + "\n");
        assertThat(fixture.source.adopt("reused")).isEmpty();
        fixture.source.cleanUp("reused");
        assertThat(fixture.source.present()).isEmpty();
    }

    @Test
    void nothing_is_left_of_a_destroyed_guest() throws Exception {
        Guest guest = fixture.counting("gone");
        guest.resume();
        guest.destroy(LONG);
        guest.destroy(LONG);

        assertThat(guest.state()).isEqualTo(RunState.GONE);
        assertThat(guest.gone().get(10, TimeUnit.SECONDS)).isEqualTo(EndReason.DESTROYED);
        assertThat(LinuxProcess.find(guest.pid())).isEmpty();
        assertThat(fixture.ramFile("a", "gone")).doesNotExist();
        assertThat(fixture.source.present()).isEmpty();
        assertThat(fixture.source.adopt("gone")).isEmpty();
        assertThat(fixture.directory().resolve("gone.img")).exists();
    }

    @Test
    void a_frozen_qemu_is_destroyed_all_the_same() throws Exception {
        Guest guest = fixture.counting("frozen");
        assertThat(LinuxProcess.find(guest.pid()).orElseThrow().signal(LinuxProcess.Signal.STOP))
                .isTrue();
        guest.destroy(Duration.ofSeconds(2));
        assertThat(guest.gone().get(10, TimeUnit.SECONDS)).isEqualTo(EndReason.DESTROYED);
        assertThat(fixture.source.present()).isEmpty();
    }

    @Test
    void a_qemu_that_does_not_answer_is_a_failure_in_time_and_no_end() throws Exception {
        QemuHypervisor hasty = QemuHypervisor.open(fixture.hastySettings("c"));
        Guest guest = fixture.keep(hasty.create(fixture.spec("slow", fixture.image("slow.img", BootSector.COUNTER))));
        LinuxProcess process = LinuxProcess.find(guest.pid()).orElseThrow();
        process.signal(LinuxProcess.Signal.STOP);
        assertThatThrownBy(guest::resume)
                .isInstanceOf(HypervisorException.class)
                .hasMessageContaining("Waited in vain for QEMU's answer to query-status");
        assertThatThrownBy(() -> hasty.adopt("slow")).hasMessageContaining("is another agent connected?");
        process.signal(LinuxProcess.Signal.CONT);
        await().atMost(LONG).ignoreExceptions().until(() -> guest.state() == RunState.PAUSED);
        guest.resume();
        assertThat(guest.gone()).isNotDone();
    }

    @Test
    void a_killed_qemu_is_a_crash_whose_leftovers_can_be_removed() throws Exception {
        Guest guest = fixture.counting("killed");
        LinuxProcess.find(guest.pid()).orElseThrow().signal(LinuxProcess.Signal.KILL);
        assertThat(guest.gone().get(10, TimeUnit.SECONDS)).isEqualTo(EndReason.CRASH);
        assertThat(guest.state()).isEqualTo(RunState.GONE);
        assertThatThrownBy(guest::resume).isInstanceOf(HypervisorException.class);

        assertThat(fixture.source.present()).containsExactly("killed");
        assertThat(fixture.source.adopt("killed")).isEmpty();
        fixture.source.cleanUp("killed");
        assertThat(fixture.source.present()).isEmpty();
        assertThat(fixture.ramFile("a", "killed")).doesNotExist();
    }

    @Test
    void cleaning_up_does_not_touch_a_live_guest() throws Exception {
        Guest guest = fixture.counting("alive");
        fixture.source.cleanUp("alive");
        assertThat(guest.state()).isEqualTo(RunState.PAUSED);
        assertThat(fixture.ramFile("a", "alive")).exists();
    }

    @Test
    void tells_a_poweroff_also_to_the_next_agent() throws Exception {
        tellsEnd("off", BootSector.POWEROFF, EndReason.POWEROFF);
    }

    @Test
    void tells_a_reboot_also_to_the_next_agent() throws Exception {
        tellsEnd("again", BootSector.REBOOT, EndReason.REBOOT);
    }

    private void tellsEnd(String name, BootSector sector, EndReason reason) throws Exception {
        Guest guest = fixture.create(fixture.spec(name, fixture.image(name + ".img", sector)));
        guest.resume();
        assertThat(guest.gone().get(20, TimeUnit.SECONDS)).isEqualTo(reason);
        assertThat(guest.state()).isEqualTo(RunState.SHUTDOWN);
        assertThatThrownBy(guest::resume).hasMessageContaining("it has ended");
        guest.close();
        Guest adopted = fixture.keep(fixture.source.adopt(name).orElseThrow());
        assertThat(adopted.gone().get(10, TimeUnit.SECONDS)).isEqualTo(reason);
    }

    @Test
    void the_tracker_hides_no_write_of_a_real_guest() throws Exception {
        Guest guest = fixture.counting("watched");
        guest.resume();
        QemuFixture.awaitLines(fixture.source, "watched", 1);
        try (DirtyTracker tracker = guest.track();
                DirtyOracle oracle = new DirtyOracle(guest.memory(), tracker)) {
            assertThat(oracle.step()).isEqualTo(guest.memory().pageCount());
            for (int i = 0; i < 8; i++) {
                int lines = QemuFixture.console(fixture.source, "watched").size();
                // The next line may tell of memory that was filled before the scan before.
                QemuFixture.awaitLines(fixture.source, "watched", lines + 2);
                oracle.step();
                assertThat(oracle.lastWritten().get(BootSector.FILLED_PAGE)).isTrue();
                assertThat(oracle.lastWritten().cardinality())
                        .isBetween(
                                (long) BootSector.FILLED_PAGES, guest.memory().pageCount() / 2);
            }
            guest.pause();
            guest.saveDeviceState();
            assertThat(oracle.finishPaused()).isEmpty();
        }
        guest.resume();
        int before = filled(guest);
        await().atMost(LONG).until(() -> filled(guest) > before);
    }

    @Test
    void memory_is_the_guests_own_and_holes_are_known() throws Exception {
        Guest guest = fixture.counting("memory");
        GuestMemory memory = guest.memory();
        assertThat(memory.pageCount()).isEqualTo(QemuFixture.MEMORY_BYTES / GuestMemory.PAGE_BYTES);
        assertThat(memory.regions()).containsExactly(new GuestMemory.Region("ram0", 0, memory.pageCount()));
        guest.resume();
        QemuFixture.awaitLines(fixture.source, "memory", 2);
        guest.pause();

        PageBitmap data = new PageBitmap(memory.pageCount());
        memory.dataPages(data);
        assertThat(data.nextClear(BootSector.FILLED_PAGE))
                .isGreaterThanOrEqualTo(BootSector.FILLED_PAGE + BootSector.FILLED_PAGES);
        assertThat(data.cardinality()).isLessThan(memory.pageCount());
        memory.zero(BootSector.FILLED_PAGE, BootSector.FILLED_PAGES);
        assertThat(filled(guest)).isZero();
        assertThatThrownBy(() -> memory.pages(memory.pageCount(), 1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void a_log_is_cut_under_the_guests_hands() throws Exception {
        Guest guest = fixture.counting("chatty");
        guest.resume();
        QemuFixture.awaitLines(fixture.source, "chatty", 4);
        Path log = fixture.source.consoleLog("chatty");
        LogLimit.cut(log, 1 << 20);
        assertThat(QemuFixture.console(fixture.source, "chatty")).hasSizeGreaterThanOrEqualTo(4);
        LogLimit.cut(log, 10);
        assertThat(Files.readString(log.resolveSibling("console.log.1"))).startsWith("W0001\nW0002\n");
        QemuFixture.awaitLines(fixture.source, "chatty", 1);
        assertThat(Files.readString(log)).doesNotContain("\0").doesNotContain("W0001");
    }

    /// The counter as the guest last wrote it to its memory.
    static int filled(Guest guest) {
        return guest.memory().pages(BootSector.FILLED_PAGE, 1).get(ValueLayout.JAVA_SHORT, 0);
    }
}
