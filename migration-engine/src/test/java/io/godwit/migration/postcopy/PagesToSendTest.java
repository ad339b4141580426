package io.godwit.migration.postcopy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.migration.postcopy.PagesToSend.Run;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.PageBitmap;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PagesToSendTest {
    private static final PagesToSend.RegionEnds ONE_REGION = _ -> 1000;

    private static PageBitmap pages(long... set) {
        PageBitmap map = new PageBitmap(1000);
        for (long page : set) {
            map.set(page);
        }
        return map;
    }

    @Test
    void whatSomebodyWaitsForComesFirstAndTheRestGoesOnBehindIt() throws Exception {
        PageBitmap missing = new PageBitmap(1000);
        missing.setRange(0, 1000);
        PagesToSend toSend = new PagesToSend(missing);
        assertThat(toSend.nextRun(64, ONE_REGION)).isEqualTo(new Run(0, 64));
        toSend.request(500);
        assertThat(toSend.nextUrgent()).isEqualTo(500);
        assertThat(toSend.nextUrgent()).isEqualTo(-1);
        assertThat(toSend.nextRun(64, ONE_REGION)).isEqualTo(new Run(501, 64));
    }

    @Test
    void aPageThatIsAskedForTwiceIsSentOnceMoreOnly() throws Exception {
        PagesToSend toSend = new PagesToSend(pages(3));
        assertThat(toSend.nextRun(64, ONE_REGION)).isEqualTo(new Run(3, 1));
        toSend.request(3);
        toSend.request(3);
        assertThat(toSend.nextUrgent()).isEqualTo(3);
        assertThat(toSend.nextUrgent()).isEqualTo(-1);
    }

    @Test
    void runsEndWhereARegionDoes() {
        PageBitmap missing = new PageBitmap(1000);
        missing.setRange(90, 20);
        PagesToSend toSend = new PagesToSend(missing);
        PagesToSend.RegionEnds twoRegions = page -> page < 100 ? 100 : 1000;
        assertThat(toSend.nextRun(64, twoRegions)).isEqualTo(new Run(90, 10));
        assertThat(toSend.nextRun(64, twoRegions)).isEqualTo(new Run(100, 10));
        assertThat(toSend.nextRun(64, twoRegions)).isEqualTo(Run.NONE);
    }

    @Test
    void everyMissingPageIsSentHoweverTheRequestsFall() throws Exception {
        Random random = new Random(11);
        for (int round = 0; round < 200; round++) {
            PageBitmap missing = new PageBitmap(1000);
            for (int i = 0; i < 300; i++) {
                missing.set(random.nextInt(1000));
            }
            PageBitmap left = new PageBitmap(1000);
            left.or(missing);
            PagesToSend toSend = new PagesToSend(missing);
            while (toSend.left() > 0 || toSend.hasUrgent()) {
                if (random.nextInt(3) == 0) {
                    toSend.request(random.nextInt(1000));
                }
                long urgent = toSend.nextUrgent();
                if (urgent >= 0) {
                    left.clear(urgent);
                    continue;
                }
                Run run = toSend.nextRun(1 + random.nextInt(64), ONE_REGION);
                for (long page = run.firstPage(); page < run.firstPage() + run.pages(); page++) {
                    assertThat(left.get(page))
                            .as("only missing pages are sent unasked")
                            .isTrue();
                    left.clear(page);
                }
            }
            assertThat(left.cardinality()).isZero();
        }
    }

    @Test
    void aPageThatDoesNotExistIsRefused() {
        PagesToSend toSend = new PagesToSend(pages(3));
        assertThatThrownBy(() -> toSend.request(1000)).isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> toSend.request(-1)).isInstanceOf(ProtocolException.class);
    }
}
