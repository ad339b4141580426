package io.godwit.chaos.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class DiskTruthTest {
    private static final int RECORDS = 30;

    private final Told told = new Told();
    private final List<ImageRecords.Stored> image = new ArrayList<>();

    /// Three runs of ten records each, all of them acknowledged.
    @BeforeEach
    void writeWithoutFault() {
        for (long number = 0; number < RECORDS; number++) {
            told.acknowledged(number, number, run(number));
            image.add(record(number, number, run(number)));
        }
    }

    private static String run(long number) {
        return "run" + number / 10;
    }

    private static ImageRecords.Stored record(long place, long number, String run) {
        return new ImageRecords.Stored(place, number, Told.crc(number, run), run);
    }

    private List<String> check() {
        return DiskTruth.check("g1", told.events(), new ImageRecords(image));
    }

    @Test
    void whatWasAcknowledgedIsThere() {
        assertThat(check()).isEmpty();
    }

    @Test
    void recordsBehindTheLastAcknowledgedOneMayBeThere() {
        image.add(record(RECORDS, RECORDS, "run2"));
        image.add(record(RECORDS + 1, RECORDS + 1, "run3"));
        assertThat(check()).isEmpty();
    }

    @Test
    void aLostRecordIsFound() {
        image.remove(RECORDS - 1);
        assertThat(check()).singleElement().asString().contains("record 29").contains("lost");
    }

    @Test
    void aRecordBehindAGapIsFound() {
        image.add(record(RECORDS + 3, RECORDS + 3, "run2"));
        assertThat(check()).singleElement().asString().contains("behind a gap");
    }

    @Test
    void aRecordInThePlaceOfAnotherIsFound() {
        image.set(12, record(12, 11, "run1"));
        assertThat(check())
                .anyMatch(finding -> finding.contains("in the place of record 12"))
                .anyMatch(finding -> finding.contains("twice"));
    }

    @Test
    void aWriteOfAnOldRunOverANewOnesRecordIsFound() {
        image.set(15, record(15, 15, "run0"));
        assertThat(check())
                .anyMatch(finding -> finding.contains("not the one that was acknowledged"))
                .anyMatch(finding -> finding.contains("run run0 wrote record 15 after a later run had written"));
    }

    @Test
    void aWriteOfAnOldRunBehindANewOnesUnacknowledgedRecordsIsFound() {
        image.add(record(RECORDS, RECORDS, "run2"));
        image.add(record(RECORDS + 1, RECORDS + 1, "run1"));
        assertThat(check()).singleElement().asString().contains("run1").contains("after a later run");
    }

    @Test
    void aNumberThatIsAcknowledgedAgainByTheNextRunIsFound() {
        // The first run's last record was acknowledged and not on the disk: its successor wrote it anew.
        told.acknowledged(100, RECORDS, "run2").acknowledged(200, RECORDS, "run3");
        image.add(record(RECORDS, RECORDS, "run3"));
        assertThat(check()).anyMatch(finding -> finding.contains("the first is lost"));
    }

    @Test
    void aDiskOfWhichNothingWasHeardShowsNothing() {
        assertThat(DiskTruth.check("g1", List.of(), new ImageRecords(image)))
                .anyMatch(finding -> finding.contains("nothing is shown"));
    }
}
