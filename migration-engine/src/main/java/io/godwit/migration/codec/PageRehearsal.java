package io.godwit.migration.codec;

import io.godwit.migration.protocol.FrameHeader;
import io.godwit.migration.protocol.Message.RoundEnd;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.PageBitmap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Takes a few pages through every codec once, so that no migration waits while classes and libraries are loaded.
public final class PageRehearsal {
    private static final int PAGES = 128;

    private PageRehearsal() {}

    /// @throws IOException never, unless this build cannot read what it writes
    public static void run(ByteBufAllocator allocator) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MappedRam ram = new MappedRam(new FewPages(arena.allocate((long) PAGES * GuestMemory.PAGE_BYTES, 8)));
            for (Codec codec : Codec.values()) {
                rehearse(ram, new CodecControl(List.of(codec), 1, () -> 0), allocator);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("The engine was interrupted while it started", e);
        }
    }

    /// Three rounds: the third has differences.
    private static void rehearse(MappedRam ram, CodecControl control, ByteBufAllocator allocator)
            throws IOException, InterruptedException {
        List<ByteBuf> frames = new ArrayList<>();
        long held = ram.bytes();
        try (PageEncoder encoder =
                        new PageEncoder(ram, allocator, (frame, _, _) -> frames.add(frame), control, 1, held);
                PageDecoder decoder = new PageDecoder(new IncomingRam(ram), 0, 1, new RoundBarrier(1))) {
            var _ = decoder.endRound(new RoundEnd(0, 0));
            for (int round = 1; round <= 3; round++) {
                encoder.beginRound(round);
                encoder.add(0, PAGES);
                int sent = encoder.endRound();
                for (ByteBuf frame : frames) {
                    var _ = decoder.apply(frame.skipBytes(FrameHeader.BYTES));
                }
                var _ = decoder.endRound(new RoundEnd(round, sent));
                frames.forEach(ByteBuf::release);
                frames.clear();
            }
        } finally {
            frames.forEach(ByteBuf::release);
        }
    }

    private record FewPages(MemorySegment bytes) implements GuestMemory {
        FewPages {
            // The first page stays zero, the first half compresses, the second does not.
            byte[] noise = new byte[PAGE_BYTES];
            Random random = new Random(1);
            for (int page = 1; page < PAGES; page++) {
                random.nextBytes(noise);
                MemorySegment content = bytes.asSlice((long) page * PAGE_BYTES, PAGE_BYTES);
                if (page < PAGES / 2) {
                    content.fill(noise[0]);
                } else {
                    content.copyFrom(MemorySegment.ofArray(noise));
                }
            }
        }

        @Override
        public List<Region> regions() {
            return List.of(new Region("rehearsal", 0, PAGES));
        }

        @Override
        public long pageCount() {
            return PAGES;
        }

        @Override
        public MemorySegment pages(long firstPage, long count) {
            return bytes.asSlice(firstPage * PAGE_BYTES, count * PAGE_BYTES);
        }

        @Override
        public void dataPages(PageBitmap into) {
            into.setAll();
        }

        @Override
        public void zero(long firstPage, long count) {
            pages(firstPage, count).fill((byte) 0);
        }
    }
}
