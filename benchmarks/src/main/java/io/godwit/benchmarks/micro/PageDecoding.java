package io.godwit.benchmarks.micro;

import io.godwit.migration.codec.IncomingRam;
import io.godwit.migration.codec.MappedRam;
import io.godwit.migration.codec.PageDecoder;
import io.godwit.migration.codec.PageEncoder;
import io.godwit.migration.codec.RoundBarrier;
import io.godwit.migration.protocol.FrameHeader;
import io.godwit.migration.protocol.Message.RoundEnd;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.HypervisorException;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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

/// Pages a second that one thread writes from frames into the target's RAM.
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PageDecoding {
    private static final int PAGES = 16_384;

    @Param({"zero", "text", "random"})
    private String content = "text";

    private final List<ByteBuf> payloads = new ArrayList<>();
    private @Nullable BenchMemory target;
    private @Nullable PageDecoder decoder;
    private int round;

    @Setup
    public void encode() throws IOException, InterruptedException, HypervisorException, ProtocolException {
        try (BenchMemory source = BenchMemory.create(PAGES)) {
            source.fill(content);
            try (PageEncoder encoder =
                    Codecs.encoder(source, (frame, _, _) -> payloads.add(frame.skipBytes(FrameHeader.BYTES)))) {
                encoder.beginRound(1);
                encoder.add(0, PAGES);
                encoder.endRound();
            }
        }
        BenchMemory memory = BenchMemory.create(PAGES);
        target = memory;
        PageDecoder made = new PageDecoder(new IncomingRam(new MappedRam(memory.memory())), 0, 1, new RoundBarrier(1));
        made.endRound(new RoundEnd(0, 0));
        decoder = made;
        round = 0;
    }

    @Benchmark
    @OperationsPerInvocation(PAGES)
    public long decode() throws ProtocolException, HypervisorException {
        PageDecoder current = decoder;
        if (current == null) {
            throw new IllegalStateException("There is no decoder yet");
        }
        round++;
        long pages = 0;
        for (ByteBuf payload : payloads) {
            // The frames say which round they belong to, and each may come but once.
            ByteBuf view = payload.slice();
            view.setInt(0, round);
            pages += current.apply(view);
        }
        current.endRound(new RoundEnd(round, payloads.size()));
        return pages;
    }

    @TearDown
    public void close() {
        payloads.forEach(ByteBuf::release);
        payloads.clear();
        PageDecoder current = decoder;
        if (current != null) {
            current.close();
        }
        BenchMemory memory = target;
        if (memory != null) {
            memory.close();
        }
    }
}
