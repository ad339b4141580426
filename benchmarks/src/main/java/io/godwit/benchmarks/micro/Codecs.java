package io.godwit.benchmarks.micro;

import io.godwit.migration.codec.FrameSink;
import io.godwit.migration.codec.MappedRam;
import io.godwit.migration.codec.PageEncoder;
import io.netty.buffer.PooledByteBufAllocator;

/// The page codec as a migration of one connection sets it up.
final class Codecs {
    private Codecs() {}

    static PageEncoder encoder(BenchMemory memory, FrameSink sink) {
        return new PageEncoder(new MappedRam(memory.memory()), PooledByteBufAllocator.DEFAULT, sink);
    }
}
