package io.godwit.chaos.verdict;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/// The whole records on an image that a guest's disk writer wrote. Their form is described in the guest's
/// `disk.pl`.
///
/// @param records  in the order of their places
public record ImageRecords(List<Stored> records) {
    private static final int RECORD_BYTES = 512;
    private static final byte[] MAGIC = "GWREC001".getBytes(StandardCharsets.US_ASCII);
    private static final int RUN_OFFSET = 24;
    private static final int RUN_BYTES = 8;
    private static final int CHUNK_BYTES = 1 << 20;

    /// @param place  where it stands, in records from the image's begin
    /// @param run    which boot of the guest wrote it
    public record Stored(long place, long number, int crc, String run) {}

    public ImageRecords {
        records = List.copyOf(records);
    }

    /// Reads a raw image, all of it.
    public static ImageRecords read(Path image) throws IOException {
        List<Stored> records = new ArrayList<>();
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel file = FileChannel.open(image, StandardOpenOption.READ)) {
            long begin = 0;
            while (file.read(chunk) >= 0) {
                if (chunk.hasRemaining() && begin + chunk.position() < file.size()) {
                    continue;
                }
                for (int offset = 0; offset + RECORD_BYTES <= chunk.position(); offset += RECORD_BYTES) {
                    parse(chunk, offset, (begin + offset) / RECORD_BYTES, records);
                }
                begin += chunk.position();
                chunk.clear();
            }
        }
        return new ImageRecords(records);
    }

    /// What is torn or no record at all is left out: its place is empty then.
    private static void parse(ByteBuffer chunk, int offset, long place, List<Stored> records) {
        for (int i = 0; i < MAGIC.length; i++) {
            if (chunk.get(offset + i) != MAGIC[i]) {
                return;
            }
        }
        byte[] record = new byte[RECORD_BYTES];
        chunk.get(offset, record);
        CRC32 computed = new CRC32();
        computed.update(record, 0, RECORD_BYTES - Integer.BYTES);
        int crc = chunk.getInt(offset + RECORD_BYTES - Integer.BYTES);
        if (crc == (int) computed.getValue()) {
            String run = new String(record, RUN_OFFSET, RUN_BYTES, StandardCharsets.US_ASCII);
            records.add(new Stored(place, chunk.getLong(offset + MAGIC.length), crc, run));
        }
    }
}
