package io.godwit.chaos.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ImageRecordsTest {
    private static final int RECORD_BYTES = 512;
    private static final int PLACES = 5000;

    @Test
    void readsEveryWholeRecordWithItsPlaceAndRunAndNoTornOne(@TempDir Path folder) throws IOException {
        ByteBuffer image = ByteBuffer.allocate(PLACES * RECORD_BYTES);
        image.put(0, record(0, "aaaaaaaa"));
        image.put(RECORD_BYTES, record(1, "bbbbbbbb"));
        byte[] torn = record(2, "bbbbbbbb");
        torn[400] ^= 1;
        image.put(2 * RECORD_BYTES, torn);
        // In the second megabyte.
        image.put(4999 * RECORD_BYTES, record(4999, "cccccccc"));
        Path file = Files.write(folder.resolve("disk.img"), image.array());
        assertThat(ImageRecords.read(file).records())
                .extracting(found -> found.place() + " " + found.number() + " " + found.run())
                .containsExactly("0 0 aaaaaaaa", "1 1 bbbbbbbb", "4999 4999 cccccccc");
    }

    private static byte[] record(long number, String run) {
        ByteBuffer record = ByteBuffer.allocate(RECORD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        record.put("GWREC001".getBytes(StandardCharsets.US_ASCII))
                .putLong(number)
                .putLong(7);
        record.put(run.getBytes(StandardCharsets.US_ASCII));
        CRC32 crc = new CRC32();
        crc.update(record.array(), 0, RECORD_BYTES - Integer.BYTES);
        record.putInt(RECORD_BYTES - Integer.BYTES, (int) crc.getValue());
        return record.array();
    }
}
