package io.godwit.benchmarks.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PresentMemoryTest {
    private static final long BYTES = 256L << 20;
    /// What else this Java machine may take or give back meanwhile.
    private static final long OTHERS_BYTES = 64L << 20;

    private final ProcFiles proc = new ProcFiles(Path.of("/proc"));

    private long residentBytes() {
        return proc.ownMemoryBytes(ProcessHandle.current().pid());
    }

    @Test
    void isThereOnceItIsTakenAndTheKernelsOnceItIsReleased() {
        long before = residentBytes();
        try (PresentMemory memory = PresentMemory.take(BYTES)) {
            assertThat(residentBytes() - before).isGreaterThan(BYTES - OTHERS_BYTES);
            memory.release();
            assertThat(residentBytes() - before).isLessThan(OTHERS_BYTES);
        }
    }
}
