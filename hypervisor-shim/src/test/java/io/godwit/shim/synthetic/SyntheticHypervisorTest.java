package io.godwit.shim.synthetic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.shim.DeviceState;
import io.godwit.shim.Guest;
import io.godwit.shim.Guest.EndReason;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.Hypervisor;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPagesContract;
import io.godwit.shim.PageBitmap;
import io.godwit.shim.RunState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class SyntheticHypervisorTest extends MissingPagesContract {
    private static final long MIB = 1 << 20;
    private static final SyntheticWorkload WORKLOAD = new SyntheticWorkload(64 * MIB, 4 * MIB, 8 * MIB, 0.75, 17);
    private static final UUID ID = new UUID(4, 2);

    private final List<Path> directories = new ArrayList<>();

    @Override
    protected SyntheticHypervisor newHypervisor(String host) throws Exception {
        Path directory = Files.createTempDirectory(Path.of("/dev/shm"), "godwit-synthetic-" + host);
        directories.add(directory);
        return new SyntheticHypervisor(directory, WORKLOAD);
    }

    @Override
    protected Hypervisor restarted(Hypervisor hypervisor) {
        return hypervisor;
    }

    @Override
    protected GuestSpec spec(String name) {
        return new GuestSpec(
                name,
                ID,
                16 * MIB,
                1,
                SyntheticHypervisor.MACHINE_TYPE,
                SyntheticHypervisor.CPU_MODEL,
                null,
                List.of(),
                List.of(),
                GuestSpec.OnEvent.DESTROY,
                GuestSpec.OnEvent.RESTART,
                GuestSpec.OnEvent.DESTROY);
    }

    @Override
    protected void afterMove(Guest guest) {
        assertThat(((SyntheticGuest) guest).wrongPages(10)).isEmpty();
    }

    @Override
    protected void removeHosts() throws Exception {
        for (Path directory : directories) {
            try (var left = Files.list(directory)) {
                for (Path file : left.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }

    @Test
    void a_guest_without_files_is_present_until_it_is_destroyed() throws Exception {
        SyntheticHypervisor hypervisor = SyntheticHypervisor.withoutFiles(WORKLOAD);
        try (SyntheticGuest guest = hypervisor.create(spec("s1"))) {
            assertThat(hypervisor.present()).containsExactly("s1");
            assertThat(hypervisor.blockers(spec("s1"))).hasSize(1);
            assertThat(guest.wrongPages(10)).isEmpty();
            guest.destroy(Duration.ofSeconds(5));
            assertThat(hypervisor.present()).isEmpty();
        }
    }

    @Test
    void memory_holds_what_the_guest_wrote_and_a_damaged_page_is_found() throws Exception {
        SyntheticHypervisor hypervisor = newHypervisor("own");
        try (SyntheticGuest guest = hypervisor.create(spec("g1"))) {
            assertThat(guest.wrongPages(10)).as("filled, nothing written yet").isEmpty();
            guest.resume();
            await().until(() -> guest.pagesWritten() > 2 * 4 * MIB / GuestMemory.PAGE_BYTES);
            guest.pause();
            assertThat(guest.wrongPages(10)).isEmpty();
            long page = guest.memory().pageCount() / 2;
            guest.memory().pages(page, 1).asSlice(100, 1).fill((byte) 1);
            assertThat(guest.wrongPages(10)).singleElement().asString().startsWith("Page " + page + " ");
            guest.memory().pages(3000, 1).fill((byte) 1);
            assertThat(guest.wrongPages(1)).hasSize(1);
            guest.destroy(DESTROY_TIMEOUT);
        }
    }

    @Test
    void writes_no_faster_than_its_rate() throws Exception {
        SyntheticHypervisor hypervisor = newHypervisor("own");
        try (SyntheticGuest guest = hypervisor.create(spec("g1"))) {
            long startNs = System.nanoTime();
            guest.resume();
            await().until(() -> guest.pagesWritten() > 2000);
            guest.pause();
            double seconds = (System.nanoTime() - startNs) / 1e9;
            assertThat(guest.pagesWritten() * GuestMemory.PAGE_BYTES)
                    .isLessThanOrEqualTo((long) (seconds * WORKLOAD.bytesPerSecond()) + GuestMemory.PAGE_BYTES);
            guest.destroy(DESTROY_TIMEOUT);
        }
    }

    @Test
    void saving_the_device_state_writes_to_the_last_page() throws Exception {
        SyntheticHypervisor hypervisor = newHypervisor("own");
        try (SyntheticGuest guest = hypervisor.create(spec("g1"));
                var tracker = guest.track()) {
            PageBitmap bits = new PageBitmap(guest.memory().pageCount());
            tracker.scan(bits);
            bits.clearAll();
            guest.saveDeviceState();
            assertThat(tracker.scan(bits)).isEqualTo(1);
            assertThat(bits.get(bits.pageCount() - 1)).isTrue();
            guest.destroy(DESTROY_TIMEOUT);
        }
    }

    @Test
    void operations_fail_once_when_told_to() throws Exception {
        SyntheticHypervisor hypervisor = newHypervisor("own");
        hypervisor.failNext(SyntheticOperation.CREATE);
        assertThatThrownBy(() -> hypervisor.create(spec("g1"))).isInstanceOf(HypervisorException.class);
        assertThat(hypervisor.present()).isEmpty();
        try (SyntheticGuest guest = hypervisor.create(spec("g1"));
                var tracker = guest.track()) {
            guest.resume();
            hypervisor.failNext(SyntheticOperation.PAUSE);
            assertThatThrownBy(guest::pause).hasMessageContaining("PAUSE");
            assertThat(guest.state()).isEqualTo(RunState.RUNNING);
            hypervisor.failNext(SyntheticOperation.SCAN);
            PageBitmap bits = new PageBitmap(guest.memory().pageCount());
            assertThatThrownBy(() -> tracker.scan(bits)).hasMessageContaining("SCAN");
            guest.pause();
            guest.destroy(DESTROY_TIMEOUT);
        }
    }

    @Test
    void an_operation_waits_for_its_hook() throws Exception {
        SyntheticHypervisor hypervisor = newHypervisor("own");
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        hypervisor.onNext(SyntheticOperation.RESUME, () -> {
            reached.countDown();
            awaitLatch(release);
        });
        try (SyntheticGuest guest = hypervisor.create(spec("g1"))) {
            Thread resuming = Thread.ofVirtual().start(() -> {
                try {
                    guest.resume();
                } catch (HypervisorException e) {
                    throw new AssertionError(e);
                }
            });
            awaitLatch(reached);
            assertThat(guest.state()).isEqualTo(RunState.PAUSED);
            release.countDown();
            resuming.join();
            assertThat(guest.state()).isEqualTo(RunState.RUNNING);
            guest.destroy(DESTROY_TIMEOUT);
        }
    }

    @Test
    void a_crashed_guest_leaves_a_trace_that_is_cleaned_up() throws Exception {
        SyntheticHypervisor hypervisor = newHypervisor("own");
        try (SyntheticGuest guest = hypervisor.create(spec("g1"))) {
            guest.resume();
            hypervisor.crash("g1");
            assertThat(guest.gone()).isCompletedWithValue(EndReason.CRASH);
            assertThat(guest.state()).isEqualTo(RunState.GONE);
            assertThat(hypervisor.present()).containsExactly("g1");
            assertThat(hypervisor.adopt("g1")).isEmpty();
            hypervisor.cleanUp("g1");
            assertThat(hypervisor.present()).isEmpty();
        }
    }

    @Test
    void powers_off_when_asked_to() throws Exception {
        SyntheticHypervisor hypervisor = newHypervisor("own");
        try (SyntheticGuest guest = hypervisor.create(spec("g1"))) {
            guest.resume();
            guest.requestShutdown();
            assertThat(guest.gone()).isCompletedWithValue(EndReason.POWEROFF);
            assertThat(guest.state()).isEqualTo(RunState.SHUTDOWN);
            guest.destroy(DESTROY_TIMEOUT);
            assertThat(hypervisor.present()).isEmpty();
        }
    }

    @Test
    void device_state_says_what_was_damaged() throws Exception {
        SyntheticState state = new SyntheticState(WORKLOAD, 16 * MIB, 12345, 3);
        assertThat(SyntheticState.decode(state.encode())).isEqualTo(state);
        byte[] bytes = state.encode().bytes();
        bytes[100_000] ^= 1;
        assertThatThrownBy(() -> SyntheticState.decode(new DeviceState(bytes)))
                .isInstanceOf(HypervisorException.class)
                .hasMessageContaining("damaged");
    }

    private static void awaitLatch(CountDownLatch latch) {
        await().until(() -> latch.getCount() == 0);
    }
}
