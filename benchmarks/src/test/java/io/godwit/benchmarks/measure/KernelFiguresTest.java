package io.godwit.benchmarks.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.godwit.chaos.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelFiguresTest {
    private static final String FIELDS = " S 1 2 3 4 5 6 7 8 9 10 %d %d 0 0 20 0 1 0 12345 0 0";

    @TempDir
    Path root = Path.of("");

    private void process(String folder, String name, String fields) throws IOException {
        Path path = Files.createDirectories(root.resolve(folder));
        Files.writeString(path.resolve("stat"), "77 (" + name + ")" + fields);
        Files.writeString(path.resolve("comm"), name + "\n");
    }

    @Test
    void bytesSentAreFoundByTheInterfacesName() {
        List<String> lines = List.of(
                "Inter-|   Receive  |  Transmit",
                "    lo: 100 1 0 0 0 0 0 0 100 1 0 0 0 0 0 0",
                "   up0: 123456 10 0 0 0 0 0 0 7890123 20 0 0 0 0 0 0");
        assertThat(WireCounter.bytesSent(lines, "up0")).isEqualTo(7_890_123);
        assertThatThrownBy(() -> WireCounter.bytesSent(lines, "mig0")).isInstanceOf(LabException.class);
    }

    @Test
    void processorTimeIsReadBehindANameWithBracketsAndBlanks() throws IOException {
        process("77", "a) b (c", FIELDS.formatted(150, 50));
        assertThat(new ProcFiles(root).cpuSeconds(77)).isCloseTo(2.0, within(1e-9));
        assertThat(new ProcFiles(root).cpuSeconds(78)).isEqualTo(-1);
    }

    @Test
    void onlyThreadsNamedAfterProcessorsAreTheGuests() throws IOException {
        process("77/task/77", "qemu-system", FIELDS.formatted(100, 0));
        process("77/task/78", "CPU 0/TCG", FIELDS.formatted(300, 50));
        process("77/task/79", "multifdsend_0", FIELDS.formatted(70, 0));
        assertThat(new ProcFiles(root).guestTime(77).cpuSeconds()).isCloseTo(3.5, within(1e-9));
        assertThat(new ProcFiles(root).guestTime(99)).isEqualTo(ProcFiles.GuestTime.NONE);
    }

    @Test
    void whatAGuestsProcessorWaitedForIsTheSecondFigureInNanoseconds() throws IOException {
        process("77/task/77", "qemu-system", FIELDS.formatted(100, 0));
        Files.writeString(root.resolve("77/task/77/schedstat"), "9000000000 8000000000 700\n");
        process("77/task/78", "CPU 0/TCG", FIELDS.formatted(300, 50));
        Files.writeString(root.resolve("77/task/78/schedstat"), "3500000000 1250000000 4711\n");
        process("77/task/79", "CPU 1/TCG", FIELDS.formatted(300, 50));
        assertThat(new ProcFiles(root).guestTime(77).waitSeconds()).isCloseTo(1.25, within(1e-9));
    }

    @Test
    void sharedMemoryIsNotAProcessesOwn() throws IOException {
        Path path = Files.createDirectories(root.resolve("77"));
        Files.writeString(
                path.resolve("status"),
                "Name:\tjava\nVmRSS:\t  700000 kB\nRssAnon:\t  100000 kB\nRssFile:\t  20000 kB\nRssShmem:\t  580000 kB\n");
        assertThat(new ProcFiles(root).ownMemoryBytes(77)).isEqualTo(120_000L << 10);
    }

    @Test
    void theRealKernelIsUnderstood() {
        ProcFiles proc = new ProcFiles(Path.of("/proc"));
        long self = ProcessHandle.current().pid();
        assertThat(proc.processes()).contains(self);
        assertThat(proc.cpuSeconds(self)).isPositive();
        assertThat(proc.namespace(self)).startsWith("net:[");
        assertThat(proc.ownMemoryBytes(self)).isGreaterThan(1 << 20);
    }

    @Test
    void allPartsOfTheHeapAreAddedUp() {
        String metrics = """
                # TYPE jvm_memory_used_bytes gauge
                jvm_memory_used_bytes{area="heap",id="Eden Space"} 1.5E7
                jvm_memory_used_bytes{area="heap",id="Tenured Gen"} 5000000.0
                jvm_memory_used_bytes{area="nonheap",id="Metaspace"} 6.0E7
                """;
        assertThat(HostMeter.heapUsed(metrics)).isEqualTo(20_000_000);
    }
}
