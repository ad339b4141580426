package io.godwit.benchmarks.micro;

import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// The time it takes to learn which pages of 512 MiB were ever touched.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HoleMap {
    private static final int PAGES = 131_072;

    /// One page of so many is touched: 1 is a full file, 512 one page in two mebibytes.
    @Param({"1", "16", "512"})
    private int stride = 1;

    private BenchMemory memory = BenchMemory.create(1);
    private PageBitmap data = new PageBitmap(1);

    @Setup
    public void touch() {
        close();
        memory = BenchMemory.create(PAGES);
        data = new PageBitmap(PAGES);
        for (int page = 0; page < PAGES; page += stride) {
            memory.memory().pages(page, 1).set(java.lang.foreign.ValueLayout.JAVA_BYTE, 0, (byte) 1);
        }
    }

    @Benchmark
    public PageBitmap dataPages() throws HypervisorException {
        data.clearAll();
        memory.memory().dataPages(data);
        return data;
    }

    @TearDown
    public void close() {
        memory.close();
    }
}
