package io.godwit.benchmarks.micro;

import io.godwit.migration.protocol.FrameHeader;
import io.godwit.migration.protocol.FrameType;
import io.godwit.migration.protocol.ProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.Random;
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

/// The time a frame's header and checksum take, beyond its payload.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FrameCoding {
    private static final int SEED = 4711;

    @Param({"64", "4096", "200000"})
    private int payloadBytes = 64;

    private ByteBuf frame = FrameHeader.begin(PooledByteBufAllocator.DEFAULT, 0);

    @Setup
    public void fill() {
        frame.release();
        byte[] payload = new byte[payloadBytes];
        new Random(SEED).nextBytes(payload);
        frame = FrameHeader.begin(PooledByteBufAllocator.DEFAULT, payloadBytes).writeBytes(payload);
        FrameHeader.finish(frame, FrameType.PAGES);
    }

    @Benchmark
    public ByteBuf finish() {
        return FrameHeader.finish(frame, FrameType.PAGES);
    }

    @Benchmark
    public int readAndVerify() throws ProtocolException {
        ByteBuf in = frame.duplicate();
        FrameHeader header = FrameHeader.read(in);
        header.verify(in);
        return header.payloadBytes();
    }

    @TearDown
    public void release() {
        frame.release();
    }
}
