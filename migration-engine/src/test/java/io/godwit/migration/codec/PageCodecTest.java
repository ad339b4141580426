package io.godwit.migration.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message.RoundEnd;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.GuestMemory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageCodecTest {
    private static final int PAGE_BYTES = GuestMemory.PAGE_BYTES;

    private static void fill(GuardedMemory memory, Random random) {
        byte[] page = new byte[PAGE_BYTES];
        for (long number = 0; number < memory.pageCount(); number++) {
            switch (random.nextInt(3)) {
                case 0 -> Arrays.fill(page, (byte) 0);
                case 1 -> Arrays.fill(page, (byte) number);
                default -> random.nextBytes(page);
            }
            memory.ram().asSlice(number * PAGE_BYTES, PAGE_BYTES).asByteBuffer().put(page);
        }
    }

    private static SentFrames encodeAll(GuardedMemory memory, int round) throws Exception {
        SentFrames sent = new SentFrames();
        try (PageEncoder encoder = new PageEncoder(
                new MappedRam(memory), UnpooledByteBufAllocator.DEFAULT, sent, SentFrames.lz4(), 1, 0)) {
            encoder.beginRound(round);
            for (long page = 0; page < memory.pageCount(); page += 50) {
                encoder.add(page, (int) Math.min(50, memory.pageCount() - page));
            }
            encoder.endRound();
        }
        return sent;
    }

    /// A decoder past round 0.
    private static PageDecoder decoder(GuardedMemory memory) throws Exception {
        PageDecoder decoder = new PageDecoder(new IncomingRam(new MappedRam(memory)), 0, 1, new RoundBarrier(1));
        assertThat(decoder.endRound(new RoundEnd(0, 0))).isTrue();
        return decoder;
    }

    private static void apply(PageDecoder decoder, byte[] payload) throws Exception {
        SentFrames.apply(decoder, payload);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whatIsEncodedIsDecodedTheSame(long seed) throws Exception {
        try (GuardedMemory source = new GuardedMemory(37, 301, 1);
                GuardedMemory target = new GuardedMemory(37, 301, 1);
                PageDecoder decoder = decoder(target)) {
            fill(source, new Random(seed));
            target.ram().fill((byte) 7);
            SentFrames sent = encodeAll(source, 1);
            for (byte[] payload : sent.payloads) {
                apply(decoder, payload);
            }
            decoder.endRound(new RoundEnd(1, sent.payloads.size()));
            assertThat(source.ram().mismatch(target.ram())).isEqualTo(-1);
            assertThat(sent.kinds).contains(PageKind.ZERO);
            assertThat(target.guardsIntact()).isTrue();
        }
    }

    @Test
    void incompressiblePagesAreSentRawAndSeldomTried() throws Exception {
        try (GuardedMemory source = new GuardedMemory(640)) {
            byte[] noise = new byte[(int) source.ram().byteSize()];
            new Random(1).nextBytes(noise);
            source.ram().asByteBuffer().put(noise);
            assertThat(encodeAll(source, 1).kinds).hasSize(10).containsOnly(PageKind.RAW);
            source.ram().fill((byte) 1);
            assertThat(encodeAll(source, 1).kinds).hasSize(10).containsOnly(PageKind.LZ4);
        }
    }

    /// The encoder reads a page once: what it sends is one state of the batch, whatever the guest does meanwhile.
    @Test
    void pagesWrittenWhileTheyAreEncodedComeOutWhole() throws Exception {
        try (GuardedMemory source = new GuardedMemory(64);
                GuardedMemory target = new GuardedMemory(64);
                PageDecoder decoder = decoder(target)) {
            source.ram().fill((byte) 1);
            Thread guest = Thread.ofPlatform().daemon().start(() -> {
                Random random = new Random(5);
                while (!Thread.currentThread().isInterrupted()) {
                    source.ram().set(ValueLayout.JAVA_BYTE, random.nextInt(8 * PAGE_BYTES), (byte) random.nextInt());
                }
            });
            for (int round = 1; round <= 100; round++) {
                SentFrames sent = encodeAll(source, round);
                for (byte[] payload : sent.payloads) {
                    apply(decoder, payload);
                }
                decoder.endRound(new RoundEnd(round, sent.payloads.size()));
                long quiet = 8L * PAGE_BYTES;
                assertThat(source.ram().asSlice(quiet).mismatch(target.ram().asSlice(quiet)))
                        .isEqualTo(-1);
            }
            guest.interrupt();
            guest.join();
        }
    }

    @Test
    void framesCutAtEveryByteAreRefused() throws Exception {
        try (GuardedMemory source = new GuardedMemory(3)) {
            fill(source, new Random(2));
            for (byte[] payload : encodeAll(source, 1).payloads) {
                for (int length = 0; length < payload.length; length += length < 100 ? 1 : 997) {
                    byte[] cut = Arrays.copyOf(payload, length);
                    try (GuardedMemory target = new GuardedMemory(3);
                            PageDecoder decoder = decoder(target)) {
                        assertThatThrownBy(() -> apply(decoder, cut)).isInstanceOf(ProtocolException.class);
                        assertThat(target.guardsIntact()).isTrue();
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void mutatedFramesNeverWriteBesideTheRam(long seed) throws Exception {
        Random random = new Random(seed);
        try (GuardedMemory source = new GuardedMemory(5, 70);
                GuardedMemory target = new GuardedMemory(5, 70)) {
            fill(source, random);
            List<byte[]> payloads = encodeAll(source, 1).payloads;
            for (int i = 0; i < 1_000; i++) {
                byte[] mutated = payloads.get(random.nextInt(payloads.size())).clone();
                int reach = random.nextBoolean() ? Math.min(40, mutated.length) : mutated.length;
                for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                    mutated[random.nextInt(reach)] ^= (byte) (1 << random.nextInt(8));
                }
                // As if it were the first frame: only the content is under test here.
                Arrays.fill(mutated, 4, 8, (byte) 0);
                try (PageDecoder decoder = decoder(target)) {
                    apply(decoder, mutated);
                } catch (ProtocolException e) {
                    assertThat(e.getMessage()).isNotBlank();
                }
            }
            assertThat(target.guardsIntact()).as("seed " + seed).isTrue();
        }
    }

    @Test
    void pagesOutsideTheRamOrAcrossRegionsOrOverlappingAreRefused() throws Exception {
        refused(zeros(1, 0, run(100, 1)), "outside");
        refused(zeros(1, 0, run(-1, 1)), "outside");
        refused(zeros(1, 0, run(Long.MAX_VALUE, 1)), "outside");
        refused(zeros(1, 0, run(0, 0)), "outside");
        refused(zeros(1, 0, run(99, 0xffff_ffffL)), "outside");
        refused(zeros(1, 0, run(39, 2)), "cross a region's end");
        refused(zeros(1, 0, run(5, 3), run(7, 1)), "overlap");
        refused(zeros(1, 0, run(5, 3), run(1, 1)), "overlap");
    }

    @Test
    void framesOutOfOrderAreRefused() throws Exception {
        refused(zeros(2, 0, run(1, 1)), "out of order");
        refused(zeros(0, 0, run(1, 1)), "out of order");
        refused(zeros(1, 1, run(1, 1)), "out of order");
        refused(zeros(-1, 0, run(1, 1)), "out of order");
    }

    @Test
    void pagesOfAnotherConnectionsBlockAreRefused() throws Exception {
        try (GuardedMemory memory = new GuardedMemory(256)) {
            RoundBarrier barrier = new RoundBarrier(2);
            IncomingRam ram = new IncomingRam(new MappedRam(memory));
            PageDecoder first = new PageDecoder(ram, 0, 2, barrier);
            PageDecoder second = new PageDecoder(ram, 1, 2, barrier);
            assertThatThrownBy(() -> apply(second, zeros(0, 0, run(1, 1)))).hasMessageContaining("untouched");
            apply(first, zeros(0, 0, run(0, 256)));
            assertThat(first.endRound(new RoundEnd(0, 1))).isFalse();
            assertThatThrownBy(() -> apply(first, zeros(1, 0, run(1, 1)))).hasMessageContaining("before the untouched");
            assertThat(second.endRound(new RoundEnd(0, 0))).isTrue();
            apply(first, zeros(1, 0, run(1, 1)));
            apply(second, zeros(1, 0, run(64, 64)));
            assertThatThrownBy(() -> apply(second, zeros(1, 1, run(1, 1)))).hasMessageContaining("not theirs");
            assertThatThrownBy(() -> apply(second, zeros(1, 1, run(127, 2)))).hasMessageContaining("not theirs");
            assertThatThrownBy(() -> second.endRound(new RoundEnd(1, 7))).hasMessageContaining("not complete");
            assertThatThrownBy(() -> second.endRound(new RoundEnd(2, 1))).hasMessageContaining("not complete");
        }
    }

    @Test
    void nothingIsWrittenOnceClosed() throws Exception {
        try (GuardedMemory memory = new GuardedMemory(40, 60)) {
            memory.ram().fill((byte) 9);
            PageDecoder decoder = decoder(memory);
            decoder.close();
            apply(decoder, zeros(1, 0, run(1, 1)));
            assertThat(memory.ram().get(ValueLayout.JAVA_BYTE, PAGE_BYTES)).isEqualTo((byte) 9);
        }
    }

    @FuzzTest(maxDuration = "60s")
    void anyFrameIsAppliedOrRefused(byte[] data) throws Exception {
        try (GuardedMemory memory = new GuardedMemory(40, 60);
                PageDecoder decoder = decoder(memory)) {
            try {
                apply(decoder, data);
            } catch (ProtocolException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
            assertThat(memory.guardsIntact()).isTrue();
        }
    }

    private static void refused(byte[] payload, String reason) throws Exception {
        try (GuardedMemory memory = new GuardedMemory(40, 60);
                PageDecoder decoder = decoder(memory)) {
            memory.ram().fill((byte) 9);
            assertThatThrownBy(() -> apply(decoder, payload))
                    .isInstanceOf(ProtocolException.class)
                    .hasMessageContaining(reason);
            byte[] after = memory.ram().toArray(ValueLayout.JAVA_BYTE);
            byte[] untouched = new byte[after.length];
            Arrays.fill(untouched, (byte) 9);
            assertThat(Arrays.equals(after, untouched)).isTrue();
        }
    }

    private record Run(long firstPage, long count) {}

    private static Run run(long firstPage, long count) {
        return new Run(firstPage, count);
    }

    private static byte[] zeros(int round, int frame, Run... runs) {
        ByteBuf out = Unpooled.buffer();
        out.writeInt(round).writeInt(frame).writeByte(3).writeByte(0).writeShort(runs.length);
        for (Run run : runs) {
            out.writeLong(run.firstPage()).writeInt((int) run.count());
        }
        assertThat(out.readableBytes()).isEqualTo(FrameWriter.PREFIX_BYTES + runs.length * Limits.RUN_BYTES);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }
}
