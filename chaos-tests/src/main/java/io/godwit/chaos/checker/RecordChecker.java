package io.godwit.chaos.checker;

import io.godwit.chaos.probe.Acknowledgement;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/// Reads a disk image on the host and tells whether every acknowledged record is on it, once and in order. The
/// records' form is described in the guest's `disk.pl`.
public final class RecordChecker {
    public static final int RECORD_BYTES = 512;
    static final byte[] MAGIC = "GWREC001".getBytes(StandardCharsets.US_ASCII);
    private static final int FINDINGS_MAX = 20;

    private RecordChecker() {}

    /// @param acknowledged in the order of their numbers
    /// @return what is wrong, the first 20 of it; empty if nothing is
    public static List<String> check(Path image, List<Acknowledgement> acknowledged) throws IOException {
        Map<Long, Integer> crcs = new HashMap<>();
        acknowledged.forEach(one -> crcs.put(one.number(), one.crc()));
        long last = acknowledged.isEmpty() ? -1 : acknowledged.getLast().number();
        List<String> findings = new ArrayList<>();
        ByteBuffer record = ByteBuffer.allocate(RECORD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel file = FileChannel.open(image, StandardOpenOption.READ)) {
            for (long place = 0; place * RECORD_BYTES < file.size() && findings.size() < FINDINGS_MAX; place++) {
                if (!read(file, place, record)) {
                    break;
                }
                Integer crc = crcs.get(place);
                String finding = judge(record, place, last, crc);
                if (!finding.isEmpty()) {
                    findings.add(finding);
                }
                if (place > last && !hasMagic(record)) {
                    break;
                }
            }
            if (findings.size() < FINDINGS_MAX && (last + 1) * RECORD_BYTES > file.size()) {
                findings.add("Record " + last + " is acknowledged but lies behind the image's end");
            }
        }
        return findings;
    }

    /// A record behind the last acknowledged one may be there or not, whole or not: nobody was promised it.
    private static String judge(
            ByteBuffer record, long place, long last, @org.jspecify.annotations.Nullable Integer crc) {
        if (!hasMagic(record)) {
            return place <= last ? "Record " + place + " is lost: its place holds something else" : "";
        }
        long number = record.getLong(MAGIC.length);
        if (number != place) {
            return "Record " + number + " stands in the place of record " + place;
        }
        int stored = record.getInt(RECORD_BYTES - Integer.BYTES);
        CRC32 computed = new CRC32();
        computed.update(record.duplicate().position(0).limit(RECORD_BYTES - Integer.BYTES));
        if (stored != (int) computed.getValue()) {
            return place <= last ? "Record " + place + " is torn: its checksum is wrong" : "";
        }
        if (crc != null && crc != stored) {
            return "Record " + place + " is whole but not the one that was acknowledged";
        }
        return "";
    }

    private static boolean hasMagic(ByteBuffer record) {
        for (int i = 0; i < MAGIC.length; i++) {
            if (record.get(i) != MAGIC[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean read(FileChannel file, long place, ByteBuffer record) throws IOException {
        record.clear();
        while (record.hasRemaining()) {
            if (file.read(record, place * RECORD_BYTES + record.position()) < 0) {
                return false;
            }
        }
        return true;
    }
}
