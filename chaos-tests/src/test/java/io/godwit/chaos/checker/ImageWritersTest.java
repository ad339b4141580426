package io.godwit.chaos.checker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ImageWritersTest {
    private static final long INODE = 4711;

    @Test
    void theLockOnByte101OfTheImageMeansWriting(@TempDir Path proc) throws IOException {
        descriptor(proc, 10, "lock:\t1: OFDLCK  ADVISORY  READ -1 fe:00:4711 100 101");
        descriptor(proc, 11, "lock:\t1: OFDLCK  ADVISORY  READ -1 fe:00:4711 100 100");
        descriptor(proc, 12, "lock:\t1: OFDLCK  ADVISORY  READ -1 fe:00:4712 101 101");
        descriptor(proc, 13, "lock:\t1: OFDLCK  ADVISORY  WRITE -1 fe:00:4711 0 EOF");
        descriptor(proc, 14, "flags:\t0100002");
        assertThat(new ImageWriters(proc).of(INODE, List.of(10L, 11L, 12L, 13L, 14L, 99L)))
                .containsExactlyInAnyOrder(10L, 13L);
    }

    private static void descriptor(Path proc, int pid, String line) throws IOException {
        Path folder = Files.createDirectories(proc.resolve(pid + "/fdinfo"));
        Files.writeString(folder.resolve("7"), "pos:\t0\n" + line + "\nmnt_id:\t20\n");
    }
}
