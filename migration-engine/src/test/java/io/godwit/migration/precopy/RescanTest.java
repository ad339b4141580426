package io.godwit.migration.precopy;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.shim.PageBitmap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RescanTest {
    @Test
    void pagesWrittenMeanwhileAreLaterAndOthersAreNot() throws Exception {
        PageBitmap written = new PageBitmap(100);
        Rescan rescan = new Rescan(
                into -> {
                    into.set(7);
                    return 0;
                },
                written);
        assertThat(rescan.any()).isFalse();
        rescan.scan();
        assertThat(rescan.any()).isTrue();
        assertThat(rescan.isLater(7)).isTrue();
        assertThat(rescan.isLater(8)).isFalse();
        assertThat(written.cardinality()).isEqualTo(1);
    }

    @Test
    void scansTakeASmallPartOfARound() {
        long ms = TimeUnit.MILLISECONDS.toNanos(1);
        assertThat(Rescan.interval(0)).isEqualTo(100 * ms);
        assertThat(Rescan.interval(2 * ms)).isEqualTo(100 * ms);
        assertThat(Rescan.interval(40 * ms)).isEqualTo(2_000 * ms);
    }
}
