package io.godwit.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.shim.Guest.EndReason;
import io.godwit.shim.GuestMemory.Region;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What every [Hypervisor] promises. An implementation's test extends this and provides two hosts and a guest that
/// goes on writing to its memory while it runs.
@Timeout(180)
public abstract class HypervisorContract {
    protected static final Duration DESTROY_TIMEOUT = Duration.ofSeconds(20);
    static final Duration PATIENCE = Duration.ofSeconds(60);

    Hypervisor source;
    Hypervisor target;

    /// A fresh instance for one host with nothing on it; called twice a test.
    protected abstract Hypervisor newHypervisor(String host) throws Exception;

    /// A guest that starts on either host and writes to its memory soon after it was resumed, and ever after.
    protected abstract GuestSpec spec(String name);

    /// Another instance for the same host, as an agent has after a restart. Guests must be found through it.
    protected abstract Hypervisor restarted(Hypervisor hypervisor) throws Exception;

    /// Removes what [#newHypervisor] made. Called after each test, when no guest is left.
    protected abstract void removeHosts() throws Exception;

    @BeforeEach
    final void makeHosts() throws Exception {
        source = newHypervisor("source");
        target = newHypervisor("target");
    }

    @AfterEach
    final void nothingIsLeft() throws Exception {
        for (Hypervisor host : List.of(source, target)) {
            for (String name : host.present()) {
                Optional<Guest> left = host.adopt(name);
                if (left.isPresent()) {
                    left.get().destroy(DESTROY_TIMEOUT);
                    left.get().close();
                }
                host.cleanUp(name);
            }
            assertThat(host.present()).isEmpty();
        }
        removeHosts();
    }

    @Test
    void a_created_guest_is_paused_and_writes_nothing() throws Exception {
        try (Guest guest = source.create(spec("g1"))) {
            assertThat(guest.state()).isEqualTo(RunState.PAUSED);
            assertThat(guest.spec()).isEqualTo(spec("g1"));
            assertThat(source.present()).containsExactly("g1");
            assertThat(ProcessHandle.of(guest.pid())).isPresent();
            try (DirtyTracker tracker = guest.track()) {
                scan(guest, tracker);
                assertThat(scan(guest, tracker)).isZero();
            }
        }
    }

    @Test
    void pause_and_resume_do_what_they_say_however_often() throws Exception {
        try (Guest guest = source.create(spec("g1"));
                DirtyTracker tracker = guest.track()) {
            guest.resume();
            guest.resume();
            assertThat(guest.state()).isEqualTo(RunState.RUNNING);
            awaitWrites(guest, tracker);
            guest.pause();
            guest.pause();
            assertThat(guest.state()).isEqualTo(RunState.PAUSED);
            scan(guest, tracker);
            assertThat(scan(guest, tracker)).as("pages written while paused").isZero();
            guest.resume();
            awaitWrites(guest, tracker);
        }
    }

    @Test
    void a_slowed_guest_goes_on_and_is_let_go_however_often() throws Exception {
        try (Guest guest = source.create(spec("g1"));
                DirtyTracker tracker = guest.track()) {
            guest.throttle(0);
            guest.throttle(Guest.THROTTLE_PERCENT_MAX);
            guest.resume();
            awaitWrites(guest, tracker);
            guest.throttle(20);
            guest.pause();
            scan(guest, tracker);
            assertThat(scan(guest, tracker)).as("pages written while paused").isZero();
            guest.throttle(0);
            guest.throttle(0);
            guest.resume();
            awaitWrites(guest, tracker);
            assertThatThrownBy(() -> guest.throttle(Guest.THROTTLE_PERCENT_MAX + 1))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void memory_is_numbered_without_gaps_and_bounded() throws Exception {
        try (Guest guest = source.create(spec("g1"))) {
            GuestMemory memory = guest.memory();
            long next = 0;
            for (Region region : memory.regions()) {
                assertThat(region.firstPage()).isEqualTo(next);
                assertThat(memory.pages(region.firstPage(), region.pageCount()).byteSize())
                        .isEqualTo(region.pageCount() * GuestMemory.PAGE_BYTES);
                next += region.pageCount();
                long past = next;
                assertThatThrownBy(() -> memory.pages(past - 1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> memory.zero(past - 1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
            }
            assertThat(memory.pageCount()).isEqualTo(next);
            assertThat(memory.pageCount() * GuestMemory.PAGE_BYTES)
                    .isGreaterThanOrEqualTo(guest.spec().memoryBytes());
            assertThat(memory.regions()).hasSizeBetween(1, GuestMemory.REGIONS_MAX);
            assertThatThrownBy(() -> memory.pages(-1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> memory.pages(0, -1)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> memory.pages(Long.MAX_VALUE, Long.MAX_VALUE))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void a_page_not_told_to_hold_data_reads_as_zero() throws Exception {
        try (Guest guest = source.create(spec("g1"));
                DirtyTracker tracker = guest.track()) {
            guest.resume();
            awaitWrites(guest, tracker);
            guest.pause();
            PageBitmap data = new PageBitmap(guest.memory().pageCount());
            guest.memory().dataPages(data);
            assertThat(data.cardinality()).isPositive();
            MemorySegment zero = MemorySegment.ofArray(new byte[GuestMemory.PAGE_BYTES]);
            for (long page = data.nextClear(0); page >= 0; page = data.nextClear(page + 1)) {
                assertThat(guest.memory().pages(page, 1).mismatch(zero)).isEqualTo(-1);
            }
        }
    }

    @Test
    void zeroed_pages_read_as_zero_and_their_neighbours_do_not() throws Exception {
        try (Guest guest = source.prepareIncoming(spec("g1"))) {
            GuestMemory memory = guest.memory();
            long first = memory.regions().getFirst().firstPage();
            memory.pages(first, 8).fill((byte) 7);
            memory.zero(first + 2, 3);
            byte[] expected = new byte[8 * GuestMemory.PAGE_BYTES];
            Arrays.fill(expected, 0, 2 * GuestMemory.PAGE_BYTES, (byte) 7);
            Arrays.fill(expected, 5 * GuestMemory.PAGE_BYTES, expected.length, (byte) 7);
            assertThat(memory.pages(first, 8).mismatch(MemorySegment.ofArray(expected)))
                    .isEqualTo(-1);
        }
    }

    @Test
    void a_clear_bit_means_the_page_is_unchanged_while_the_guest_runs() throws Exception {
        try (Guest guest = source.create(spec("g1"));
                DirtyTracker tracker = guest.track();
                DirtyOracle oracle = new DirtyOracle(guest.memory(), tracker)) {
            assertThat(oracle.step()).isEqualTo(guest.memory().pageCount());
            guest.resume();
            for (int i = 0; i < 6; i++) {
                await().pollDelay(Duration.ofMillis(30)).until(() -> true);
                oracle.step();
            }
            guest.pause();
            assertThat(oracle.finishPaused()).isEmpty();
        }
    }

    @Test
    void a_tracker_that_hides_pages_is_caught() throws Exception {
        try (Guest guest = source.create(spec("g1"));
                DirtyTracker tracker = guest.track()) {
            guest.resume();
            PageBitmap hidden = new PageBitmap(guest.memory().pageCount());
            scan(guest, tracker);
            await().atMost(PATIENCE).until(() -> tracker.scan(hidden) > 0);
            HidingTracker hiding = new HidingTracker(tracker, hidden);
            try (DirtyOracle oracle = new DirtyOracle(guest.memory(), hiding)) {
                // The tracker's own first scan is over, so the first look has to be made up for.
                hiding.reportEverythingOnce();
                oracle.step();
                await().atMost(PATIENCE).until(() -> {
                    oracle.step();
                    return hiding.suppressed() > 0;
                });
                guest.pause();
                assertThat(oracle.finishPaused()).isNotEmpty();
            }
        }
    }

    @Test
    void a_new_tracker_replaces_the_former_and_starts_with_every_page() throws Exception {
        try (Guest guest = source.create(spec("g1"))) {
            DirtyTracker former = guest.track();
            scan(guest, former);
            try (DirtyTracker tracker = guest.track()) {
                assertThat(scan(guest, tracker)).isEqualTo(guest.memory().pageCount());
                former.close();
                former.close();
                guest.resume();
                awaitWrites(guest, tracker);
            }
            guest.pause();
            try (DirtyTracker again = guest.track()) {
                assertThat(scan(guest, again)).isEqualTo(guest.memory().pageCount());
                assertThat(scan(guest, again)).isZero();
            }
        }
    }

    @Test
    void a_guest_moves_with_its_memory_and_device_state() throws Exception {
        try (Guest from = source.create(spec("g1"));
                DirtyTracker tracker = from.track()) {
            from.resume();
            awaitWrites(from, tracker);
            from.pause();
            DeviceState state = from.saveDeviceState();
            assertThat(from.state()).isEqualTo(RunState.PAUSED);
            try (Guest to = target.prepareIncoming(spec("g1"))) {
                assertThat(to.state()).isEqualTo(RunState.INCOMING);
                assertThat(to.memory().regions()).isEqualTo(from.memory().regions());
                copy(from.memory(), to.memory());
                to.loadDeviceState(state);
                assertThat(to.state()).isEqualTo(RunState.PAUSED);
                from.destroy(DESTROY_TIMEOUT);
                to.resume();
                try (DirtyTracker there = to.track()) {
                    awaitWrites(to, there);
                }
                assertThat(to.state()).isEqualTo(RunState.RUNNING);
                to.announce();
                afterMove(to);
            }
        }
    }

    /// A place for more checks of a guest that has just moved and runs.
    protected void afterMove(Guest guest) throws Exception {
        assertThat(guest.gone()).isNotDone();
    }

    @Test
    void a_guest_whose_state_was_saved_can_go_on_here() throws Exception {
        try (Guest guest = source.create(spec("g1"));
                DirtyTracker tracker = guest.track()) {
            guest.resume();
            awaitWrites(guest, tracker);
            guest.pause();
            guest.saveDeviceState();
            guest.resume();
            scan(guest, tracker);
            awaitWrites(guest, tracker);
            guest.pause();
            assertThat(guest.saveDeviceState().bytes()).isNotEmpty();
        }
    }

    @Test
    void refuses_what_does_not_fit_the_state() throws Exception {
        try (Guest running = source.create(spec("g1"));
                Guest incoming = target.prepareIncoming(spec("g1"))) {
            running.resume();
            assertThatThrownBy(running::saveDeviceState).isInstanceOf(HypervisorException.class);
            assertThat(running.state()).isEqualTo(RunState.RUNNING);
            running.pause();
            DeviceState state = running.saveDeviceState();
            assertThatThrownBy(() -> running.loadDeviceState(state)).isInstanceOf(HypervisorException.class);
            assertThat(running.state()).isEqualTo(RunState.PAUSED);
            assertThatThrownBy(incoming::saveDeviceState).isInstanceOf(HypervisorException.class);
            assertThatThrownBy(incoming::resume).isInstanceOf(HypervisorException.class);
            assertThat(incoming.state()).isEqualTo(RunState.INCOMING);
        }
    }

    @Test
    void refuses_device_state_that_is_damaged() throws Exception {
        try (Guest incoming = target.prepareIncoming(spec("g1"))) {
            assertThatThrownBy(() -> incoming.loadDeviceState(new DeviceState(new byte[10_000])))
                    .isInstanceOf(HypervisorException.class);
            assertThat(incoming.state()).isNotIn(RunState.RUNNING, RunState.PAUSED);
        }
    }

    @Test
    void a_guest_goes_on_when_it_is_let_go_and_is_adopted_again() throws Exception {
        Guest first = source.create(spec("g1"));
        first.resume();
        first.close();
        Hypervisor later = restarted(source);
        assertThat(later.present()).containsExactly("g1");
        try (Guest again = later.adopt("g1").orElseThrow();
                DirtyTracker tracker = again.track()) {
            assertThat(again.state()).isEqualTo(RunState.RUNNING);
            assertThat(again.spec()).isEqualTo(spec("g1"));
            awaitWrites(again, tracker);
            again.pause();
            assertThat(again.state()).isEqualTo(RunState.PAUSED);
        }
        assertThat(later.adopt("stranger")).isEmpty();
        later.cleanUp("g1");
        assertThat(later.present()).as("cleaning up leaves a live guest alone").containsExactly("g1");
        later.cleanUp("stranger");
    }

    @Test
    void destroying_leaves_nothing_and_may_be_repeated() throws Exception {
        try (Guest guest = source.create(spec("g1"))) {
            guest.resume();
            guest.destroy(DESTROY_TIMEOUT);
            assertThat(guest.gone().get(20, TimeUnit.SECONDS)).isEqualTo(EndReason.DESTROYED);
            assertThat(guest.state()).isEqualTo(RunState.GONE);
            assertThat(source.present()).isEmpty();
            guest.destroy(DESTROY_TIMEOUT);
            assertThatThrownBy(guest::track).isInstanceOf(HypervisorException.class);
            assertThatThrownBy(guest::resume).isInstanceOf(HypervisorException.class);
            assertThat(source.adopt("g1")).isEmpty();
        }
        try (Guest again = source.create(spec("g1"))) {
            assertThat(again.state()).isEqualTo(RunState.PAUSED);
        }
    }

    @Test
    void a_second_guest_of_the_same_name_is_blocked() throws Exception {
        assertThat(source.blockers(spec("g1"))).isEmpty();
        try (Guest guest = source.create(spec("g1"))) {
            assertThat(source.blockers(spec("g1"))).isNotEmpty();
            assertThatThrownBy(() -> source.create(spec("g1"))).isInstanceOf(HypervisorException.class);
            assertThat(guest.state()).isEqualTo(RunState.PAUSED);
            assertThat(source.present()).containsExactly("g1");
        }
    }

    @Test
    void unknown_machine_and_processor_are_blockers_both_at_once() {
        GuestSpec known = spec("g1");
        GuestSpec unknown = new GuestSpec(
                known.name(),
                known.uuid(),
                known.memoryBytes(),
                known.vcpus(),
                "machine-that-is-not-99.9",
                "processor-that-is-not",
                known.boot(),
                known.disks(),
                known.nics(),
                known.onPoweroff(),
                known.onReboot(),
                known.onCrash());
        assertThat(source.blockers(unknown))
                .anyMatch(blocker -> blocker.contains("machine-that-is-not-99.9"))
                .anyMatch(blocker -> blocker.contains("processor-that-is-not"));
    }

    private static long scan(Guest guest, DirtyTracker tracker) throws HypervisorException {
        return tracker.scan(new PageBitmap(guest.memory().pageCount()));
    }

    static void awaitWrites(Guest guest, DirtyTracker tracker) throws HypervisorException {
        scan(guest, tracker);
        await().atMost(PATIENCE).until(() -> scan(guest, tracker) > 0);
    }

    private static void copy(GuestMemory from, GuestMemory to) {
        for (Region region : from.regions()) {
            to.pages(region.firstPage(), region.pageCount())
                    .copyFrom(from.pages(region.firstPage(), region.pageCount()));
        }
    }

    /// A tracker with a fault: it never reports some pages.
    private static final class HidingTracker implements DirtyTracker {
        private final DirtyTracker tracker;
        private final PageBitmap hidden;
        private boolean everything;
        private long suppressed;

        HidingTracker(DirtyTracker tracker, PageBitmap hidden) {
            this.tracker = tracker;
            this.hidden = hidden;
        }

        void reportEverythingOnce() {
            everything = true;
        }

        long suppressed() {
            return suppressed;
        }

        @Override
        public long scan(PageBitmap into) throws HypervisorException {
            long reported = tracker.scan(into);
            if (everything) {
                into.setAll();
                everything = false;
                return into.pageCount();
            }
            for (long page = hidden.nextSet(0); page >= 0; page = hidden.nextSet(page + 1)) {
                suppressed += into.get(page) ? 1 : 0;
                into.clear(page);
            }
            return reported;
        }

        @Override
        public void close() {
            tracker.close();
        }
    }
}
