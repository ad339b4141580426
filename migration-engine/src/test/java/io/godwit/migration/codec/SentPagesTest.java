package io.godwit.migration.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.shim.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SentPagesTest {
    private static final int PAGE_BYTES = GuestMemory.PAGE_BYTES;

    private static MemorySegment page(int content) {
        return MemorySegment.ofArray(new byte[PAGE_BYTES]).fill((byte) content);
    }

    private static int content(SentPages sent, int slot) {
        MemorySegment piece = sent.piece(slot);
        byte first = piece.get(ValueLayout.JAVA_BYTE, sent.offset(slot));
        MemorySegment expected = page(first);
        long at = sent.offset(slot);
        assertThat(MemorySegment.mismatch(piece, at, at + PAGE_BYTES, expected, 0, PAGE_BYTES))
                .isEqualTo(-1);
        return first;
    }

    /// Whatever was done: what is found is what was sent last, and never more is held than allowed.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whatIsFoundIsWhatWasSentLast(long seed) {
        Random random = new Random(seed);
        Map<Long, Integer> last = new HashMap<>();
        int found = 0;
        try (SentPages sent = new SentPages(700L * PAGE_BYTES, 1 + random.nextInt(3), 100_000)) {
            for (int round = 2; round < 40; round++) {
                for (int i = 0; i < 500; i++) {
                    long number = random.nextLong(1_500);
                    int slot = sent.find(number);
                    if (slot >= 0) {
                        found++;
                        assertThat(content(sent, slot)).isEqualTo(last.get(number));
                    }
                    int next = random.nextInt(127);
                    if (random.nextInt(5) == 0) {
                        sent.forget(number, 1 + random.nextInt(2_000));
                        assertThat(sent.find(number)).isNegative();
                    } else if (slot >= 0) {
                        sent.replace(slot, round, page(next), 0);
                    } else {
                        sent.hold(number, round, page(next), 0);
                    }
                    last.put(number, next);
                }
                long held = last.keySet().stream()
                        .filter(number -> sent.find(number) >= 0)
                        .count();
                assertThat(held).isLessThanOrEqualTo(700);
            }
        }
        assertThat(found).isGreaterThan(300);
    }

    @Test
    void neighboursFillEveryPlaceBeforeAnyGivesWay() {
        try (SentPages sent = new SentPages(1_024L * PAGE_BYTES, 2, 100_000)) {
            // The blocks of connection 1 of 2.
            for (long block = 1; block < 32; block += 2) {
                for (long number = block * 64; number < (block + 1) * 64; number++) {
                    sent.hold(number, 2, page(1), 0);
                }
            }
            for (long block = 1; block < 32; block += 2) {
                for (long number = block * 64; number < (block + 1) * 64; number++) {
                    assertThat(sent.find(number)).isNotNegative();
                }
            }
        }
    }

    @Test
    void pagesUsedLatelyDoNotGiveWay() {
        try (SentPages sent = new SentPages(4L * PAGE_BYTES, 1, 100_000)) {
            for (long number = 0; number < 4; number++) {
                sent.hold(number, 2, page(1), 0);
            }
            sent.hold(10, 3, page(2), 0);
            assertThat(sent.find(10)).isNegative();
            sent.replace(sent.find(2), 3, page(3), 0);
            sent.hold(10, 4, page(2), 0);
            assertThat(sent.find(10)).isNotNegative();
            assertThat(sent.find(2)).isNotNegative();
        }
    }

    @Test
    void nothingIsHeldWithoutMemory() {
        try (SentPages sent = new SentPages(PAGE_BYTES, 1, 100)) {
            assertThat(sent.holdsNothing()).isTrue();
            sent.hold(1, 2, page(1), 0);
            sent.forget(0, 100);
            assertThat(sent.find(1)).isNegative();
        }
    }
}
