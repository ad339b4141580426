package io.godwit.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageBitmapTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 63, 64, 65, 127, 128, 1000})
    void behaves_as_a_bit_set(int pages) {
        SplittableRandom random = new SplittableRandom(pages);
        PageBitmap bitmap = new PageBitmap(pages);
        BitSet model = new BitSet();
        for (int i = 0; i < 2000; i++) {
            int first = random.nextInt(pages);
            int count = random.nextInt(pages - first + 1);
            switch (random.nextInt(4)) {
                case 0 -> {
                    bitmap.set(first);
                    model.set(first);
                }
                case 1 -> {
                    bitmap.clear(first);
                    model.clear(first);
                }
                case 2 -> {
                    bitmap.setRange(first, count);
                    model.set(first, first + count);
                }
                default -> {
                    if (random.nextInt(20) == 0) {
                        bitmap.clearAll();
                        model.clear();
                    }
                }
            }
            checkSame(bitmap, model, pages);
        }
    }

    @Test
    void all_of_an_incomplete_word_is_no_more_than_there_is() {
        PageBitmap bitmap = new PageBitmap(70);
        bitmap.setAll();
        assertThat(bitmap.cardinality()).isEqualTo(70);
        assertThat(bitmap.nextClear(0)).isEqualTo(-1);
        assertThat(bitmap.nextSet(69)).isEqualTo(69);
        assertThat(bitmap.nextSet(70)).isEqualTo(-1);
    }

    @Test
    void combines_with_another_of_its_size() {
        PageBitmap some = new PageBitmap(100);
        some.setRange(10, 50);
        PageBitmap other = new PageBitmap(100);
        other.setRange(40, 60);
        PageBitmap both = new PageBitmap(100);
        both.or(some);
        both.and(other);
        assertThat(both.nextSet(0)).isEqualTo(40);
        assertThat(both.cardinality()).isEqualTo(20);
        assertThatThrownBy(() -> both.or(new PageBitmap(101)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("101");
        assertThatThrownBy(() -> both.and(new PageBitmap(99))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refuses_pages_outside() {
        PageBitmap bitmap = new PageBitmap(64);
        assertThatThrownBy(() -> bitmap.set(64)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> bitmap.get(-1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> bitmap.clear(64)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> bitmap.setRange(60, 5)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> bitmap.setRange(Long.MAX_VALUE, 2)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> bitmap.nextSet(-1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> new PageBitmap(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PageBitmap(Long.MAX_VALUE)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void counts_what_is_set_in_both() {
        PageBitmap one = new PageBitmap(200);
        PageBitmap other = new PageBitmap(200);
        one.setRange(10, 100);
        other.setRange(60, 100);
        assertThat(one.cardinalityOfBoth(other)).isEqualTo(50);
        assertThat(one.cardinality()).isEqualTo(100);
        assertThatThrownBy(() -> one.cardinalityOfBoth(new PageBitmap(1))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void none_at_all_is_a_bitmap_too() {
        PageBitmap bitmap = new PageBitmap(0);
        bitmap.setAll();
        assertThat(bitmap.cardinality()).isZero();
        assertThat(bitmap.nextSet(0)).isEqualTo(-1);
    }

    private static void checkSame(PageBitmap bitmap, BitSet model, int pages) {
        assertThat(bitmap.cardinality()).isEqualTo(model.cardinality());
        for (int page = 0; page < pages; page++) {
            assertThat(bitmap.get(page)).isEqualTo(model.get(page));
        }
        int from = pages / 2;
        assertThat(bitmap.nextSet(from)).isEqualTo(model.nextSetBit(from));
        int clear = model.nextClearBit(from);
        assertThat(bitmap.nextClear(from)).isEqualTo(clear < pages ? clear : -1);
    }
}
