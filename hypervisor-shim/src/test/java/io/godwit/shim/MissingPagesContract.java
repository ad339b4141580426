package io.godwit.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.godwit.shim.Hypervisor.LeftMemory;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// What a [Hypervisor] promises beside if its guests can run with pages missing.
public abstract class MissingPagesContract extends HypervisorContract {
    @Test
    void a_guest_runs_on_while_its_pages_come_one_after_the_other() throws Exception {
        try (Guest from = source.create(spec("g1"));
                Guest to = target.prepareIncoming(spec("g1"))) {
            LatePages late = LatePages.leave(from, to);
            try (MissingPages missing = to.missingPages();
                    LatePages.Server server = late.serve(missing)) {
                assertThat(to.missesPages()).isTrue();
                to.loadDeviceState(late.state());
                assertThat(to.state()).isEqualTo(RunState.PAUSED);
                from.destroy(DESTROY_TIMEOUT);
                to.resume();
                await().atMost(PATIENCE).until(() -> server.asked() > 0);
                assertThatThrownBy(to::track)
                        .as("a tracker would turn missing pages into zeros")
                        .isInstanceOf(HypervisorException.class);
                server.placeAll();
                missing.complete();
            }
            assertThat(to.missesPages()).isFalse();
            try (DirtyTracker there = to.track()) {
                awaitWrites(to, there);
            }
            to.pause();
            assertThat(late.wrongPages()).isEmpty();
            afterMove(to);
        }
    }

    @Test
    void pages_that_are_there_are_never_overwritten_and_dropped_ones_are_missing() throws Exception {
        try (Guest to = target.prepareIncoming(spec("g1"))) {
            long first = to.memory().regions().getLast().firstPage();
            to.memory().pages(first, 4).fill((byte) 7);
            to.memory().zero(first + 1, 1);
            byte[] content = new byte[4 * GuestMemory.PAGE_BYTES];
            Arrays.fill(content, (byte) 9);
            try (MissingPages missing = to.missingPages()) {
                assertThat(missing.place(first, MemorySegment.ofArray(content))).isEqualTo(1);
                assertThat(missing.placeZeros(first, 4)).isZero();
                assertThat(missing.placeZeros(first + 4, 2)).isEqualTo(2);
                assertThat(missing.place(first + 4, MemorySegment.ofArray(content)))
                        .isEqualTo(2);
                long end = to.memory().pageCount();
                assertThatThrownBy(() -> missing.place(end - 1, MemorySegment.ofArray(content)))
                        .isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> missing.placeZeros(-1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
                missing.complete();
                assertThatThrownBy(() -> missing.awaitFaults(new long[1], Duration.ZERO))
                        .isInstanceOf(HypervisorException.class);
            }
            byte[] expected = new byte[8 * GuestMemory.PAGE_BYTES];
            Arrays.fill(expected, (byte) 7);
            Arrays.fill(expected, GuestMemory.PAGE_BYTES, 2 * GuestMemory.PAGE_BYTES, (byte) 9);
            Arrays.fill(expected, 4 * GuestMemory.PAGE_BYTES, 6 * GuestMemory.PAGE_BYTES, (byte) 0);
            Arrays.fill(expected, 6 * GuestMemory.PAGE_BYTES, expected.length, (byte) 9);
            assertThat(to.memory().pages(first, 8).mismatch(MemorySegment.ofArray(expected)))
                    .isEqualTo(-1);
        }
    }

    @Test
    void who_waits_for_a_page_goes_on_waiting_when_the_holder_goes_and_another_comes() throws Exception {
        try (Guest from = source.create(spec("g1"));
                Guest to = target.prepareIncoming(spec("g1"))) {
            LatePages late = LatePages.leave(from, to);
            MissingPages former = to.missingPages();
            try (LatePages.Server server = late.serve(former)) {
                to.loadDeviceState(late.state());
                server.stopAnswering();
                to.resume();
                await().atMost(PATIENCE).until(() -> server.unanswered() > 0);
            }
            former.close();
            assertThat(to.missesPages()).isTrue();
            try (MissingPages missing = to.missingPages();
                    LatePages.Server server = late.serve(missing)) {
                await().atMost(PATIENCE).until(() -> server.asked() > 0);
                server.placeAll();
                missing.complete();
            }
            try (DirtyTracker there = to.track()) {
                awaitWrites(to, there);
            }
            to.pause();
            assertThat(late.wrongPages()).isEmpty();
            from.destroy(DESTROY_TIMEOUT);
            afterMove(to);
        }
    }

    @Test
    void a_guest_that_waits_for_a_page_can_be_destroyed() throws Exception {
        try (Guest from = source.create(spec("g1"));
                Guest to = target.prepareIncoming(spec("g1"))) {
            LatePages late = LatePages.leave(from, to);
            try (MissingPages missing = to.missingPages();
                    LatePages.Server server = late.serve(missing)) {
                to.loadDeviceState(late.state());
                server.stopAnswering();
                to.resume();
                await().atMost(PATIENCE).until(() -> server.unanswered() > 0);
                to.destroy(DESTROY_TIMEOUT);
                assertThat(to.state()).isEqualTo(RunState.GONE);
            }
        }
    }

    @Test
    void a_guest_that_waits_is_served_and_ended_through_its_memory_alone() throws Exception {
        try (Guest from = source.create(spec("g1"));
                Guest to = target.prepareIncoming(spec("g1"))) {
            LatePages late = LatePages.leave(from, to);
            try (MissingPages former = to.missingPages();
                    LatePages.Server server = late.serve(former)) {
                to.loadDeviceState(late.state());
                server.stopAnswering();
                to.resume();
                await().atMost(PATIENCE).until(() -> server.unanswered() > 0);
            }
            try (LeftMemory left = target.leftMemory("g1").orElseThrow()) {
                assertThat(left.missesPages()).isTrue();
                try (MissingPages missing = left.missingPages();
                        LatePages.Server server = late.serve(missing)) {
                    await().atMost(PATIENCE).until(() -> server.asked() > 0);
                }
                assertThat(left.gone()).isFalse();
                left.end(DESTROY_TIMEOUT);
                assertThat(left.gone()).isTrue();
                left.end(DESTROY_TIMEOUT);
            }
            await().atMost(PATIENCE).until(() -> to.gone().isDone());
        }
    }
}
