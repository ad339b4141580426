package io.godwit.migration.codec;

import io.godwit.migration.protocol.Message.RoundEnd;
import io.godwit.shim.GuestMemory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/// Prints what one processor does of the page path: the figures of `docs/ARCHITECTURE.md`. Processor time is
/// counted, not time on the wall, so that a shared machine measures the same. `main` is run by hand.
final class PagePathFigures {
    private static final int PAGE_BYTES = GuestMemory.PAGE_BYTES;
    private static final int PAGES = 16_384;
    private static final int PASSES = 5;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private PagePathFigures() {}

    public static void main(String[] args) throws Exception {
        System.out.println("| content | codec | source GB/s | target GB/s | bytes on the wire a page |");
        System.out.println("|---|---|---|---|---|");
        for (Content content : Content.values()) {
            try (GuardedMemory source = new GuardedMemory(PAGES);
                    GuardedMemory target = new GuardedMemory(PAGES)) {
                content.fill(source, new Random(1));
                for (Codec codec : Codec.values()) {
                    full(content, codec, source, target);
                }
                deltas(content, source, target);
            }
        }
    }

    private enum Content {
        TEXT,
        NOISE;

        void fill(GuardedMemory memory, Random random) {
            byte[] page = new byte[PAGE_BYTES];
            for (long number = 0; number < memory.pageCount(); number++) {
                if (this == NOISE) {
                    random.nextBytes(page);
                } else {
                    text(page, random);
                }
                memory.pages(number, 1).asByteBuffer().put(page);
            }
        }

        /// Words of a small vocabulary, each as often as in a language: LZ4 makes about a quarter of it.
        private static void text(byte[] page, Random random) {
            int at = 0;
            while (at < page.length) {
                long number = (long) (Math.pow(random.nextDouble(), 3) * 400);
                long word = number * 0x9e3779b97f4a7c15L;
                int length = 3 + (int) ((word >>> 60) & 7);
                for (int i = 0; i < length && at < page.length; i++) {
                    page[at++] = (byte) ('a' + ((word >>> (i * 5)) & 15));
                }
                if (at < page.length) {
                    page[at++] = ' ';
                }
            }
        }
    }

    /// Keeps frames, or drops them at once.
    private static final class Frames implements FrameSink {
        final List<ByteBuf> frames = new ArrayList<>();
        boolean keep;
        long bytes;

        @Override
        public void send(ByteBuf frame, PageKind kind, long pages) {
            bytes += frame.readableBytes();
            if (keep) {
                frames.add(frame);
            } else {
                frame.release();
            }
        }
    }

    private static void full(Content content, Codec codec, GuardedMemory source, GuardedMemory target)
            throws Exception {
        Frames frames = new Frames();
        CodecControl control = new CodecControl(List.of(codec), 1, () -> 0);
        try (PageEncoder encoder =
                new PageEncoder(new MappedRam(source), PooledByteBufAllocator.DEFAULT, frames, control, 1, 0)) {
            double encode = Double.MAX_VALUE;
            for (int pass = 1; pass <= PASSES; pass++) {
                frames.bytes = 0;
                frames.keep = pass == PASSES;
                encode = Math.min(encode, encode(encoder, pass));
            }
            print(content.name(), codec.name(), encode, decode(frames, target, PASSES), frames.bytes);
        }
    }

    /// Every page has one word changed since it was sent before.
    private static void deltas(Content content, GuardedMemory source, GuardedMemory target) throws Exception {
        Frames frames = new Frames();
        CodecControl control = new CodecControl(List.of(Codec.LZ4), 1, () -> 0);
        long held = (long) PAGES * PAGE_BYTES;
        try (PageEncoder encoder =
                new PageEncoder(new MappedRam(source), PooledByteBufAllocator.DEFAULT, frames, control, 1, held)) {
            double encode = Double.MAX_VALUE;
            for (int round = 1; round <= 2 + PASSES; round++) {
                if (round == 2 + PASSES) {
                    target.ram().copyFrom(source.ram());
                }
                for (int page = 0; page < PAGES; page++) {
                    source.ram()
                            .set(ValueLayout.JAVA_LONG, (long) page * PAGE_BYTES + page % 512 * 8L, round * 0x1234567L);
                }
                frames.bytes = 0;
                frames.keep = round == 2 + PASSES;
                double seconds = encode(encoder, round);
                encode = round > 2 ? Math.min(encode, seconds) : encode;
            }
            print(content.name(), "delta", encode, decode(frames, target, 2 + PASSES), frames.bytes);
        }
    }

    private static double encode(PageEncoder encoder, int round) throws Exception {
        long started = THREADS.getCurrentThreadCpuTime();
        encoder.beginRound(round);
        for (int page = 0; page < PAGES; page += 64) {
            encoder.add(page, 64);
        }
        encoder.endRound();
        return (THREADS.getCurrentThreadCpuTime() - started) / 1e9;
    }

    private static double decode(Frames frames, GuardedMemory target, int round) throws Exception {
        try (PageDecoder decoder = new PageDecoder(new IncomingRam(new MappedRam(target)), 0, 1, new RoundBarrier(1))) {
            for (int done = 0; done < round; done++) {
                decoder.endRound(new RoundEnd(done, 0));
            }
            long started = THREADS.getCurrentThreadCpuTime();
            for (ByteBuf frame : frames.frames) {
                decoder.apply(frame.skipBytes(12));
                frame.release();
            }
            return (THREADS.getCurrentThreadCpuTime() - started) / 1e9;
        }
    }

    private static void print(String content, String codec, double encode, double decode, long wireBytes) {
        double gigabytes = (double) PAGES * PAGE_BYTES / 1e9;
        System.out.println(String.format(
                Locale.ROOT,
                "| %s | %s | %.2f | %.2f | %.0f |",
                content,
                codec,
                gigabytes / encode,
                gigabytes / decode,
                (double) wireBytes / PAGES));
    }
}
