package io.godwit.migration.postcopy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.migration.postcopy.MissingLedger.Answer;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message.Postcopy.MissingMap;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.PageBitmap;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MissingMapsTest {
    private static final long PART_PAGES = (long) Limits.MAP_WORDS_MAX * Long.SIZE;

    @ParameterizedTest
    @ValueSource(longs = {1, 63, 64, 65, 4097, PART_PAGES - 1, PART_PAGES, PART_PAGES + 1, 2 * PART_PAGES + 77})
    void aMapIsWholeAgainAfterItsParts(long pageCount) throws Exception {
        PageBitmap map = new PageBitmap(pageCount);
        Random random = new Random(pageCount);
        for (int i = 0; i < 1000; i++) {
            map.set(random.nextLong(pageCount));
        }
        map.set(pageCount - 1);
        List<MissingMap> parts = MissingMaps.parts(map);
        MissingMaps told = new MissingMaps(pageCount);
        for (MissingMap part : parts) {
            assertThat(told.complete()).isFalse();
            assertThat(told.add(part)).isEqualTo(part.last());
        }
        assertThat(told.complete()).isTrue();
        assertThat(told.map().cardinality()).isEqualTo(map.cardinality());
        for (long page = map.nextSet(0); page >= 0; page = map.nextSet(page + 1)) {
            assertThat(told.map().get(page)).isTrue();
        }
    }

    @Test
    void partsThatDoNotFollowOrSpeakOfOtherPagesAreRefused() throws Exception {
        refused(100, new MissingMap(64, true, new long[1]));
        refused(100, new MissingMap(0, false, new long[2]));
        refused(100, new MissingMap(0, true, new long[1]));
        refused(100, new MissingMap(0, true, new long[3]));
        refused(100, new MissingMap(0, true, new long[] {0, 1L << 36}));
        refused(PART_PAGES + 64, new MissingMap(0, false, new long[1]));
        MissingMaps told = new MissingMaps(100);
        assertThatThrownBy(told::map).isInstanceOf(IllegalStateException.class);
        told.add(new MissingMap(0, true, new long[2]));
        assertThatThrownBy(() -> told.add(new MissingMap(0, true, new long[2]))).isInstanceOf(ProtocolException.class);
    }

    private static void refused(long pageCount, MissingMap part) {
        MissingMaps told = new MissingMaps(pageCount);
        assertThatThrownBy(() -> told.add(part)).isInstanceOf(ProtocolException.class);
    }

    @Test
    void aPageIsAskedForOnceAndCountsUntilItIsPlaced() {
        PageBitmap map = new PageBitmap(100);
        map.setRange(10, 5);
        MissingLedger ledger = new MissingLedger(map);
        assertThat(ledger.fault(9)).isEqualTo(Answer.ZERO);
        assertThat(ledger.fault(10)).isEqualTo(Answer.ASK);
        assertThat(ledger.fault(10)).isEqualTo(Answer.WAIT);
        assertThat(ledger.outstanding()).containsExactly(10L);
        ledger.placed(8, 4);
        assertThat(ledger.left()).isEqualTo(3);
        ledger.placed(8, 4);
        assertThat(ledger.left()).as("placed twice").isEqualTo(3);
        assertThat(ledger.fault(10)).isEqualTo(Answer.ZERO);
        assertThat(ledger.outstanding()).isEmpty();
        assertThat(ledger.expects(10, 5)).as("also what is there by now").isTrue();
        assertThat(ledger.expects(10, 6)).isFalse();
        assertThat(ledger.missing().cardinality()).isEqualTo(3);
    }

    @Test
    void aPageOfZerosIsFilledOnlyForSomebodyWhoWaits() {
        PageBitmap map = new PageBitmap(100);
        map.setRange(10, 5);
        MissingLedger ledger = new MissingLedger(map);
        assertThat(ledger.fault(12)).isEqualTo(Answer.ASK);
        assertThat(ledger.zeros(10, 5)).containsExactly(12L);
        assertThat(ledger.left()).isZero();
        assertThat(ledger.fault(11)).as("who comes later").isEqualTo(Answer.ZERO);
        assertThat(ledger.zeros(10, 5)).isEmpty();
    }
}
