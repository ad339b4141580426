package io.godwit.chaos.checker;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.chaos.probe.Acknowledgement;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RecordCheckerTest {
    private static final int RECORDS = 40;

    @TempDir
    private Path folder;

    private Path image;
    private List<Acknowledgement> acknowledged;

    @BeforeEach
    void writeAnImageWithoutFault() throws IOException {
        image = folder.resolve("disk.img");
        acknowledged = new ArrayList<>();
        ByteBuffer content = ByteBuffer.allocate(64 * RecordChecker.RECORD_BYTES);
        for (long number = 0; number < RECORDS; number++) {
            byte[] record = record(number, number * 7);
            content.put(record);
            acknowledged.add(new Acknowledgement(number, crcOf(record)));
        }
        Files.write(image, content.array());
    }

    @Test
    void anImageThatHoldsAllIsRight() throws IOException {
        assertThat(RecordChecker.check(image, acknowledged)).isEmpty();
    }

    @Test
    void aRecordBehindTheLastAcknowledgedOneMayBeThereOrTorn() throws IOException {
        assertThat(RecordChecker.check(image, acknowledged.subList(0, RECORDS - 2)))
                .isEmpty();
        put(RECORDS, new byte[] {'G', 'W', 'R', 'E', 'C', '0', '0', '1', RECORDS});
        assertThat(RecordChecker.check(image, acknowledged)).isEmpty();
    }

    @Test
    void findsALostRecord() throws IOException {
        put(17, new byte[RecordChecker.RECORD_BYTES]);
        assertThat(RecordChecker.check(image, acknowledged))
                .singleElement()
                .asString()
                .contains("Record 17 is lost");
    }

    @Test
    void findsTheLastRecordsLost() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength((RECORDS - 1) * (long) RecordChecker.RECORD_BYTES);
        }
        assertThat(RecordChecker.check(image, acknowledged))
                .singleElement()
                .asString()
                .contains("behind the image's end");
    }

    @Test
    void findsARecordThatStandsTwice() throws IOException {
        put(21, record(20, 140));
        assertThat(RecordChecker.check(image, acknowledged))
                .singleElement()
                .asString()
                .contains("Record 20 stands in the place of record 21");
    }

    @Test
    void findsRecordsInTheWrongOrder() throws IOException {
        put(30, record(31, 217));
        put(31, record(30, 210));
        assertThat(RecordChecker.check(image, acknowledged)).hasSize(2);
    }

    @Test
    void findsATornRecord() throws IOException {
        byte[] record = record(5, 35);
        record[300] ^= 1;
        put(5, record);
        assertThat(RecordChecker.check(image, acknowledged))
                .singleElement()
                .asString()
                .contains("Record 5 is torn");
    }

    @Test
    void findsAnOlderVersionOfARecord() throws IOException {
        put(9, record(9, 1));
        assertThat(RecordChecker.check(image, acknowledged))
                .singleElement()
                .asString()
                .contains("not the one that was acknowledged");
    }

    private void put(long place, byte[] content) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.seek(place * RecordChecker.RECORD_BYTES);
            file.write(content);
        }
    }

    private static byte[] record(long number, long time) {
        ByteBuffer record = ByteBuffer.allocate(RecordChecker.RECORD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        record.put(RecordChecker.MAGIC).putLong(number).putLong(time);
        CRC32 crc = new CRC32();
        crc.update(record.array(), 0, RecordChecker.RECORD_BYTES - Integer.BYTES);
        record.putInt(RecordChecker.RECORD_BYTES - Integer.BYTES, (int) crc.getValue());
        return record.array();
    }

    private static int crcOf(byte[] record) {
        return ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN).getInt(record.length - Integer.BYTES);
    }
}
