package io.godwit.shim.qemu;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;

/// The smallest guests there are: one sector of 16-bit code that the firmware loads from the first disk.
enum BootSector {
    /// On every tick of the clock (18 a second) counts on, fills 16 pages from address 0x20000 with the counter,
    /// writes a sector of it to the disk, and prints `W0001`, or `E0001` if the disk refused, on the serial port.
    COUNTER(
            // Interrupts off, segments and stack set, disk number kept, counter zero.
            "fa 31c0 8ed8 8ed0 bc007c 88160080 c70602800000 fb"
                    // Wait for a tick, count it.
                    + "f4 ff060280"
                    // Fill 64 KiB at 2000:0000.
                    + "b80020 8ec0 31ff a10280 b90080 fc f3ab"
                    // Write its first 512 bytes to the disk's second sector.
                    + "b80103 31db b90200 b600 8a160080 cd13"
                    // 'W' or 'E', by the carry flag.
                    + "b057 7302 b045 e82200"
                    // Four digits of the counter.
                    + "8b1e0280 b90400 c1c304 88d8 240f 0430 3c3a 7202 0427 e80900 e2ec"
                    // End of line, and again from the wait.
                    + "b00a e80200 ebb0"
                    // Print one character, when the port is ready for it.
                    + "50 bafd03 ec a820 74fb 58 baf803 ee c3"),
    /// Switches the machine off as ACPI does.
    POWEROFF("ba0406 b80020 ef f4 ebfd"),
    /// Asks the keyboard controller for a reset.
    REBOOT("b0fe e664 f4 ebfd");

    /// Fewer sectors than a cylinder has, and the firmware would not read the disk at all.
    private static final int DISK_BYTES = 1 << 20;

    private static final int SECTOR_BYTES = 512;

    private final String code;

    BootSector(String code) {
        this.code = code;
    }

    /// The address of the first page that [#COUNTER] fills, and how many there are.
    static final long FILLED_PAGE = 0x20;

    static final int FILLED_PAGES = 16;

    /// Writes a disk image of 1 MiB.
    void writeTo(Path image) throws IOException {
        ByteArrayOutputStream sector = new ByteArrayOutputStream();
        sector.writeBytes(HexFormat.of().parseHex(code.replace(" ", "")));
        byte[] bytes = Arrays.copyOf(sector.toByteArray(), DISK_BYTES);
        bytes[SECTOR_BYTES - 2] = 0x55;
        bytes[SECTOR_BYTES - 1] = (byte) 0xaa;
        Files.write(image, bytes, StandardOpenOption.CREATE_NEW);
    }

    /// The counter that [#COUNTER] wrote to its disk last.
    static int counterOnDisk(Path image) throws IOException {
        byte[] bytes = Files.readAllBytes(image);
        return (bytes[SECTOR_BYTES] & 0xff) | ((bytes[SECTOR_BYTES + 1] & 0xff) << 8);
    }
}
