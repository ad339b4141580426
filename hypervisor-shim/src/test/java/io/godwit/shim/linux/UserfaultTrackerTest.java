package io.godwit.shim.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.shim.DirtyOracle;
import io.godwit.shim.DirtyTracker;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import io.godwit.shim.linux.UserfaultTracker.Mapping;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The tracker against this machine's kernel and another process that writes.
@Timeout(120)
class UserfaultTrackerTest {
    private static final int STEPS_MAX = 2_000;
    private static final long PAGE_BYTES = GuestMemory.PAGE_BYTES;

    /// No multiple of 64, so that the last word of a bitmap is incomplete; and more than one page table covers.
    private static final long LOW_PAGES = 1000;

    private static final long HIGH_PAGES = 517;
    private static final long PAGES = LOW_PAGES + HIGH_PAGES;

    private Path directory;
    private Path low;
    private Path high;
    private Path unshared;
    private SharedGuestMemory memory;
    private ChildGuest child;

    @BeforeEach
    void startChild() throws Exception {
        directory = Files.createTempDirectory(Path.of("/dev/shm"), "godwit-tracker-");
        low = directory.resolve("low");
        high = directory.resolve("high");
        unshared = directory.resolve("unshared");
        memory = SharedGuestMemory.map(
                List.of("low", "high"),
                List.of(RamFile.create(low, LOW_PAGES * PAGE_BYTES), RamFile.create(high, HIGH_PAGES * PAGE_BYTES)));
        child = ChildGuest.start();
    }

    @AfterEach
    void stopChild() throws Exception {
        child.close();
        memory.close();
        Files.deleteIfExists(low);
        Files.deleteIfExists(high);
        Files.deleteIfExists(unshared);
        Files.delete(directory);
    }

    @Test
    void the_first_scan_reports_every_page() throws Exception {
        mapAll();
        try (UserfaultTracker tracker = attach()) {
            assertThat(scan(tracker)).hasSize((int) PAGES);
            assertThat(scan(tracker)).isEmpty();
        }
    }

    @Test
    void reports_what_was_written_and_nothing_else() throws Exception {
        mapAll();
        child.write(0, 5, 1);
        try (UserfaultTracker tracker = attach()) {
            scan(tracker);
            child.write(0, 0, 7);
            child.write(0, LOW_PAGES - 1, 7);
            child.write(1, HIGH_PAGES - 1, 7);
            assertThat(scan(tracker)).containsExactly(0L, LOW_PAGES - 1, PAGES - 1);
            child.write(0, 5, 2);
            assertThat(scan(tracker)).containsExactly(5L);
            assertThat(scan(tracker)).isEmpty();
        }
    }

    @Test
    void a_scan_leaves_bits_that_are_set_alone() throws Exception {
        mapAll();
        try (UserfaultTracker tracker = attach()) {
            scan(tracker);
            child.write(0, 9, 1);
            PageBitmap bits = new PageBitmap(PAGES);
            bits.set(700);
            assertThat(tracker.scan(bits)).isEqualTo(1);
            assertThat(pages(bits)).containsExactly(9L, 700L);
        }
    }

    @Test
    void sees_what_the_kernel_writes_on_the_process_s_behalf() throws Exception {
        mapAll();
        Path disk = directory.resolve("disk");
        Files.write(disk, new byte[8192]);
        try (UserfaultTracker tracker = attach()) {
            scan(tracker);
            assertThat(child.tell("kernel-write 1 44 " + disk)).isEqualTo("read 4096");
            assertThat(scan(tracker)).containsExactly(LOW_PAGES + 44);
        } finally {
            Files.delete(disk);
        }
    }

    @Test
    void a_clear_bit_means_the_page_is_unchanged() throws Exception {
        mapAll();
        try (UserfaultTracker tracker = attach();
                DirtyOracle oracle = new DirtyOracle(memory, tracker)) {
            runOracle(oracle, 40);
            assertThat(oracle.finishPaused()).isEmpty();
        }
    }

    @Test
    void scans_that_overflow_the_buffer_lose_nothing() throws Exception {
        mapAll();
        try (UserfaultTracker tracker = UserfaultTracker.attach(child.pid(), ram(), 3);
                DirtyOracle oracle = new DirtyOracle(memory, tracker)) {
            runOracle(oracle, 20);
            assertThat(oracle.finishPaused()).isEmpty();
        }
    }

    @Test
    void a_file_mapped_in_pieces_and_twice_is_tracked_as_one() throws Exception {
        long piece = 600 * PAGE_BYTES;
        child.map(low, 0, piece);
        child.map(low, piece, LOW_PAGES * PAGE_BYTES - piece);
        child.map(high, 0, HIGH_PAGES * PAGE_BYTES);
        child.map(low, 0, LOW_PAGES * PAGE_BYTES);
        try (UserfaultTracker tracker = attach()) {
            scan(tracker);
            child.write(0, 1, 1);
            child.write(1, 1, 1);
            child.write(3, 2, 1);
            assertThat(scan(tracker)).containsExactly(1L, 2L, 601L);
        }
    }

    @Test
    void a_tracker_that_hides_a_page_is_caught() throws Exception {
        mapAll();
        try (UserfaultTracker tracker = attach();
                DirtyOracle oracle = new DirtyOracle(memory, hiding(tracker, 77))) {
            runOracle(oracle, 5);
            assertThat(oracle.finishPaused()).isNotEmpty().allMatch(violation -> violation.startsWith("Page 77 "));
        }
    }

    @Test
    void can_be_attached_again_after_a_detach() throws Exception {
        mapAll();
        for (int i = 0; i < 5; i++) {
            try (UserfaultTracker tracker = attach()) {
                assertThat(scan(tracker)).hasSize((int) PAGES);
                child.write(0, i, i + 1);
                assertThat(scan(tracker)).containsExactly((long) i);
                assertThat(child.userfaultFds()).hasSize(1);
            }
            assertThat(child.userfaultFds()).isEmpty();
        }
        assertThat(child.tell("read 0 4")).isEqualTo("5");
    }

    @Test
    void replaces_what_an_agent_that_died_left_behind() throws Exception {
        mapAll();
        UserfaultTracker abandoned = attach();
        scan(abandoned);
        try (UserfaultTracker tracker = attach()) {
            assertThat(child.userfaultFds()).hasSize(1);
            assertThat(scan(tracker)).hasSize((int) PAGES);
            // The former one has the same descriptor number, and must not close it.
            abandoned.close();
            assertThat(child.userfaultFds()).hasSize(1);
            child.write(1, 3, 1);
            assertThat(scan(tracker)).containsExactly(LOW_PAGES + 3);
        }
        assertThat(child.userfaultFds()).isEmpty();
    }

    @Test
    void the_process_runs_on_after_many_attachments_while_it_writes() throws Exception {
        mapAll();
        child.tell("run 11");
        for (int i = 0; i < 20; i++) {
            attach().close();
        }
        assertThat(child.tell("halt")).isEqualTo("halted");
        child.write(0, 3, 99);
        assertThat(child.tell("read 0 3")).isEqualTo("99");
    }

    /// Repeated, because the threads of a process end in no particular order.
    @RepeatedTest(5)
    void a_process_that_died_is_an_error() throws Exception {
        mapAll();
        UserfaultTracker tracker = attach();
        scan(tracker);
        child.process().signal(LinuxProcess.Signal.KILL);
        assertThat(child.process().awaitExit(Duration.ofSeconds(10))).isTrue();
        assertThatThrownBy(() -> scan(tracker)).isInstanceOf(HypervisorException.class);
        assertThatThrownBy(() -> scan(tracker)).hasMessageContaining("has failed or is closed");
        tracker.close();
        tracker.close();
        assertThatThrownBy(this::attach).isInstanceOf(HypervisorException.class);
    }

    @Test
    void refuses_ram_that_is_private() throws Exception {
        child.tell("map-private " + low + " " + LOW_PAGES * PAGE_BYTES);
        child.map(high, 0, HIGH_PAGES * PAGE_BYTES);
        assertRefused("The guest's RAM is not shared").hasMessageContaining("share=on");
    }

    @Test
    void refuses_ram_that_is_not_mapped_whole() throws Exception {
        child.map(low, 0, (LOW_PAGES - 1) * PAGE_BYTES);
        child.tell("map-read-only " + high + " " + HIGH_PAGES * PAGE_BYTES);
        assertRefused("first page missing: 999").hasMessageContaining("first page missing: 0");
    }

    @Test
    void refuses_ram_that_another_process_may_write() throws Exception {
        mapAll();
        try (ChildGuest other = ChildGuest.start()) {
            other.map(high, 0, PAGE_BYTES);
            assertRefused("Another process has mapped the guest's RAM")
                    .hasMessageContaining("process " + other.pid() + " java");
            assertThat(UserfaultTracker.blockers(child.pid(), ram())).hasSize(1);
        }
        assertThat(UserfaultTracker.blockers(child.pid(), ram())).isEmpty();
        attach().close();
    }

    @Test
    void refuses_direct_reads() throws Exception {
        mapAll();
        Path disk = Files.createTempFile(Path.of("").toAbsolutePath().resolve("target"), "godwit-direct-", ".img");
        try {
            assertThat(child.tell("open-direct " + disk)).isEqualTo("opened");
            assertRefused("O_DIRECT").hasMessageContaining(disk.toString());
        } finally {
            Files.delete(disk);
        }
    }

    @Test
    void refuses_passed_through_devices() throws Exception {
        List<String> blockers =
                TrackingChecks.process(child.pid(), List.of(new ProcFiles.OpenFile(9, "/dev/vfio/12")), List.of());
        assertThat(blockers)
                .singleElement()
                .asString()
                .contains("passed-through")
                .contains("/dev/vfio/12");
    }

    @Test
    void says_which_privilege_is_missing() throws Exception {
        // A file that the test's own process has not mapped, which would be a reason of its own.
        RamFile.create(unshared, PAGE_BYTES).close();
        child.map(unshared, 0, PAGE_BYTES);
        Process probe = new ProcessBuilder(
                        "setpriv",
                        "--bounding-set=-sys_ptrace",
                        "--inh-caps=-sys_ptrace",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        AttachProbe.class.getName(),
                        Long.toString(child.pid()),
                        unshared.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(probe.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(probe.waitFor()).as(output).isZero();
        assertThat(output).contains("CAP_SYS_PTRACE").doesNotContain("attached");
        assertThat(child.tell("halt")).isEqualTo("halted");
    }

    @Test
    void this_host_can_track() {
        assertThat(UserfaultTracker.hostBlockers()).isEmpty();
    }

    private AbstractThrowableAssert<?, ?> assertRefused(String reason) throws Exception {
        var refused = assertThatThrownBy(this::attach)
                .isInstanceOf(HypervisorException.class)
                .hasMessageContaining(reason);
        assertThat(child.userfaultFds()).isEmpty();
        assertThat(child.tell("run 3")).isEqualTo("running");
        assertThat(child.tell("halt")).isEqualTo("halted");
        return refused;
    }

    private void runOracle(DirtyOracle oracle, int steps) throws HypervisorException {
        child.tell("run 42");
        long reported = 0;
        // On a busy machine the child may take a while to write anything at all.
        for (int i = 0; i < steps || (reported <= PAGES && i < STEPS_MAX); i++) {
            reported += oracle.step();
            await().pollDelay(Duration.ofMillis(i % 4)).until(() -> true);
        }
        child.tell("halt");
        assertThat(reported).isGreaterThan(PAGES);
    }

    private void mapAll() {
        child.map(low, 0, LOW_PAGES * PAGE_BYTES);
        child.map(high, 0, HIGH_PAGES * PAGE_BYTES);
    }

    private List<Mapping> ram() {
        return List.of(new Mapping(low, 0, LOW_PAGES), new Mapping(high, LOW_PAGES, HIGH_PAGES));
    }

    private UserfaultTracker attach() throws HypervisorException {
        return UserfaultTracker.attach(child.pid(), ram());
    }

    private static List<Long> scan(DirtyTracker tracker) throws HypervisorException {
        PageBitmap bits = new PageBitmap(PAGES);
        long reported = tracker.scan(bits);
        assertThat(reported).isEqualTo(bits.cardinality());
        return pages(bits);
    }

    private static List<Long> pages(PageBitmap bits) {
        List<Long> pages = new ArrayList<>();
        for (long page = bits.nextSet(0); page >= 0; page = bits.nextSet(page + 1)) {
            pages.add(page);
        }
        return pages;
    }

    private static DirtyTracker hiding(DirtyTracker tracker, long page) {
        return new DirtyTracker() {
            @Override
            public long scan(PageBitmap into) throws HypervisorException {
                long reported = tracker.scan(into);
                into.clear(page);
                return reported;
            }

            @Override
            public void close() {
                tracker.close();
            }
        };
    }
}
