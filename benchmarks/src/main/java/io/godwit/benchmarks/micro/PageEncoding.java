package io.godwit.benchmarks.micro;

import io.godwit.migration.codec.FrameSink;
import io.godwit.migration.codec.PageEncoder;
import io.godwit.migration.codec.PageKind;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Pages a second that one thread turns into frames; the frames are thrown away. Times 4 KiB that is its speed.
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PageEncoding {
    private static final int PAGES = 16_384;
    private static final int RUN_PAGES = 64;

    @Param({"zero", "text", "random"})
    private String content = "text";

    private BenchMemory memory = BenchMemory.create(1);
    private PageEncoder encoder = Codecs.encoder(memory, new Counting());
    private final Counting sink = new Counting();
    private int round;

    /// Takes the frames, and their size so that they are not computed for nothing.
    private static final class Counting implements FrameSink {
        private long bytes;

        @Override
        public void send(ByteBuf frame, PageKind kind, long pages) {
            bytes += frame.readableBytes();
            frame.release();
        }
    }

    @Setup
    public void fill() {
        close();
        memory = BenchMemory.create(PAGES);
        memory.fill(content);
        encoder = Codecs.encoder(memory, sink);
    }

    @Benchmark
    @OperationsPerInvocation(PAGES)
    public long encode() throws IOException, InterruptedException {
        encoder.beginRound(++round);
        for (int page = 0; page < PAGES; page += RUN_PAGES) {
            encoder.add(page, RUN_PAGES);
        }
        encoder.endRound();
        return sink.bytes;
    }

    @TearDown
    public void close() {
        encoder.close();
        memory.close();
    }
}
