package io.godwit.benchmarks.micro;

import io.godwit.migration.codec.Codec;
import io.godwit.migration.codec.CodecControl;
import io.godwit.migration.codec.FrameSink;
import io.godwit.migration.codec.MappedRam;
import io.godwit.migration.codec.PageEncoder;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.List;

/// The page codec as a migration of one connection sets it up, with LZ4 and without differences: the same pages
/// again would be no differences at all.
final class Codecs {
    private static final long DELTA_BYTES = 0;

    private Codecs() {}

    static PageEncoder encoder(BenchMemory memory, FrameSink sink) {
        CodecControl control = new CodecControl(List.of(Codec.LZ4), 1, () -> 0);
        return new PageEncoder(
                new MappedRam(memory.memory()), PooledByteBufAllocator.DEFAULT, sink, control, 1, DELTA_BYTES);
    }
}
