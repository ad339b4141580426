package io.godwit.migration.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.godwit.migration.protocol.Message.RoundEnd;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.GuestMemory;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Pages that travel as differences to what was sent before.
class DeltaCodecTest {
    private static final int PAGE_BYTES = GuestMemory.PAGE_BYTES;

    /// A source and a target that go through rounds together.
    private static final class Pair implements AutoCloseable {
        final GuardedMemory source;
        final GuardedMemory target;
        final SentFrames sent = new SentFrames();
        final PageEncoder encoder;
        final PageDecoder decoder;
        int round;

        Pair(long heldPages, long... regionPages) throws Exception {
            source = new GuardedMemory(regionPages);
            target = new GuardedMemory(regionPages);
            encoder = new PageEncoder(
                    new MappedRam(source),
                    UnpooledByteBufAllocator.DEFAULT,
                    sent,
                    SentFrames.lz4(),
                    1,
                    heldPages * PAGE_BYTES);
            decoder = new PageDecoder(new IncomingRam(new MappedRam(target)), 0, 1, new RoundBarrier(1));
            assertThat(decoder.endRound(new RoundEnd(0, 0))).isTrue();
        }

        void encode(long firstPage, int count) throws Exception {
            sent.clear();
            round++;
            encoder.beginRound(round);
            encoder.add(firstPage, count);
            assertThat(encoder.endRound()).isEqualTo(sent.payloads.size());
        }

        void apply() throws Exception {
            for (byte[] payload : sent.payloads) {
                SentFrames.apply(decoder, payload);
            }
            decoder.endRound(new RoundEnd(round, sent.payloads.size()));
        }

        void sendAll() throws Exception {
            encode(0, (int) source.pageCount());
            apply();
            assertThat(source.ram().mismatch(target.ram())).isEqualTo(-1);
        }

        void write(long page, int at, int value) {
            source.ram().set(ValueLayout.JAVA_BYTE, page * PAGE_BYTES + at, (byte) value);
        }

        void fillWithNoise(Random random) {
            byte[] noise = new byte[(int) source.ram().byteSize()];
            random.nextBytes(noise);
            source.ram().asByteBuffer().put(noise);
        }

        @Override
        public void close() {
            encoder.close();
            decoder.close();
            source.close();
            target.close();
        }
    }

    /// A guest that does everything pages can suffer, round after round, with a cache that is too small, just
    /// right, or not there.
    @ParameterizedTest
    @CsvSource({"1,0", "2,16", "3,100", "4,1000", "5,1000", "6,340"})
    void memoryIsEqualAfterEveryRound(long seed, long heldPages) throws Exception {
        Random random = new Random(seed);
        int deltas = 0;
        try (Pair pair = new Pair(heldPages, 37, 301, 1)) {
            pair.fillWithNoise(random);
            pair.target.ram().fill((byte) 7);
            for (int round = 0; round < 30; round++) {
                if (round > 3) {
                    change(pair, random);
                }
                pair.sendAll();
                deltas += (int)
                        pair.sent.kinds.stream().filter(PageKind.DELTA::equals).count();
            }
            assertThat(deltas > 0).isEqualTo(heldPages > 0);
            assertThat(pair.target.guardsIntact()).isTrue();
        }
    }

    private static void change(Pair pair, Random random) {
        byte[] page = new byte[PAGE_BYTES];
        for (int i = 0; i < 100; i++) {
            long number = random.nextLong(pair.source.pageCount());
            MemorySegment live = pair.source.pages(number, 1);
            switch (random.nextInt(5)) {
                case 0 -> live.fill((byte) 0);
                case 1 -> live.fill((byte) random.nextInt());
                case 2 -> {
                    random.nextBytes(page);
                    live.asByteBuffer().put(page);
                }
                case 3 ->
                    live.asSlice(random.nextInt(PAGE_BYTES / 2), random.nextInt(PAGE_BYTES / 2))
                            .fill((byte) random.nextInt());
                default -> pair.write(number, random.nextInt(PAGE_BYTES), random.nextInt());
            }
        }
    }

    @Test
    void fewChangesInPagesThatDoNotCompressCostFewBytes() throws Exception {
        try (Pair pair = new Pair(1_000, 640)) {
            pair.fillWithNoise(new Random(1));
            pair.sendAll();
            assertThat(pair.sent.kinds).containsOnly(PageKind.RAW);
            // Nothing is held of round 1, so round 2 still sends content.
            pair.sendAll();
            assertThat(pair.sent.kinds).containsOnly(PageKind.RAW);
            for (long page = 0; page < 640; page++) {
                pair.write(page, (int) (page * 31 % PAGE_BYTES), 1);
            }
            pair.sendAll();
            assertThat(pair.sent.kinds).hasSize(10).containsOnly(PageKind.DELTA);
            assertThat(pair.sent.pages).isEqualTo(640);
            assertThat(pair.sent.bytes).isLessThan(640 * 48);
        }
    }

    @Test
    void pagesWithOtherContentAreSentAsContentAndHeldAnew() throws Exception {
        try (Pair pair = new Pair(1_000, 128)) {
            pair.fillWithNoise(new Random(1));
            pair.sendAll();
            pair.sendAll();
            pair.fillWithNoise(new Random(2));
            pair.sendAll();
            assertThat(pair.sent.kinds).containsOnly(PageKind.RAW);
            pair.write(3, 5, 77);
            pair.sendAll();
            assertThat(pair.sent.kinds).containsOnly(PageKind.DELTA);
        }
    }

    /// What compresses well by itself is not sent as a difference that compresses badly.
    @Test
    void contentThatCompressesWellBeatsManyChanges() throws Exception {
        try (Pair pair = new Pair(1_000, 128)) {
            pair.source.ram().fill((byte) 3);
            pair.sendAll();
            pair.sendAll();
            pair.source.ram().fill((byte) 4);
            pair.sendAll();
            assertThat(pair.sent.kinds).containsOnly(PageKind.LZ4);
        }
    }

    @Test
    void aPageThatWasZeroInBetweenIsSentAsContent() throws Exception {
        try (Pair pair = new Pair(1_000, 64)) {
            pair.fillWithNoise(new Random(1));
            pair.sendAll();
            pair.sendAll();
            MemorySegment page = pair.source.pages(9, 1);
            byte[] before = page.toArray(ValueLayout.JAVA_BYTE);
            page.fill((byte) 0);
            pair.sendAll();
            page.asByteBuffer().put(before);
            pair.encode(9, 1);
            assertThat(pair.sent.kinds).containsExactly(PageKind.RAW);
            pair.apply();
        }
    }

    @Test
    void zerosToldWithoutLookingAreForgottenToo() throws Exception {
        try (Pair pair = new Pair(1_000, 64)) {
            pair.fillWithNoise(new Random(1));
            pair.sendAll();
            pair.sendAll();
            pair.sent.clear();
            pair.round++;
            pair.encoder.beginRound(pair.round);
            pair.encoder.addZeros(0, 64);
            pair.encoder.endRound();
            pair.apply();
            pair.encode(0, 64);
            assertThat(pair.sent.kinds).containsExactly(PageKind.RAW);
        }
    }

    /// The invariant broken on purpose: a target whose page is not what was sent refuses, and changes nothing.
    @Test
    void differencesToAnotherPageAreRefusedBeforeAByteIsWritten() throws Exception {
        try (Pair pair = pairWithDelta()) {
            pair.target.ram().set(ValueLayout.JAVA_BYTE, 70L * PAGE_BYTES, (byte) 1);
            byte[] before = pair.target.ram().toArray(ValueLayout.JAVA_BYTE);
            assertThatThrownBy(pair::apply)
                    .isInstanceOf(ProtocolException.class)
                    .hasMessageContaining("not here what the source sent before");
            assertThat(Arrays.equals(pair.target.ram().toArray(ValueLayout.JAVA_BYTE), before))
                    .isTrue();
        }
    }

    /// 40 pages in two regions and several runs, each changed a little.
    private static Pair pairWithDelta() throws Exception {
        Pair pair = new Pair(1_000, 50, 50);
        pair.fillWithNoise(new Random(4));
        pair.sendAll();
        pair.sendAll();
        for (long page = 30; page < 70; page++) {
            pair.write(page, (int) page * 7, 9);
        }
        pair.sent.clear();
        pair.round++;
        pair.encoder.beginRound(pair.round);
        pair.encoder.add(30, 10);
        pair.encoder.add(42, 29);
        pair.encoder.endRound();
        assertThat(pair.sent.kinds).containsExactly(PageKind.DELTA);
        return pair;
    }

    @Test
    void framesCutAtEveryByteAreRefused() throws Exception {
        try (Pair pair = pairWithDelta()) {
            byte[] payload = pair.sent.payloads.getFirst();
            byte[] before = pair.target.ram().toArray(ValueLayout.JAVA_BYTE);
            for (int length = 0; length < payload.length; length++) {
                byte[] cut = Arrays.copyOf(payload, length);
                assertThatThrownBy(() -> SentFrames.apply(pair.decoder, cut)).isInstanceOf(ProtocolException.class);
            }
            assertThat(Arrays.equals(pair.target.ram().toArray(ValueLayout.JAVA_BYTE), before))
                    .isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void mutatedFramesNeverWriteBesideTheRam(long seed) throws Exception {
        Random random = new Random(seed);
        try (Pair pair = pairWithDelta()) {
            byte[] payload = pair.sent.payloads.getFirst();
            int refused = 0;
            for (int i = 0; i < 1_000; i++) {
                byte[] mutated = payload.clone();
                for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                    mutated[8 + random.nextInt(mutated.length - 8)] ^= (byte) (1 << random.nextInt(8));
                }
                try (PageDecoder decoder = decoderInRound(pair.target, pair.round)) {
                    SentFrames.apply(decoder, mutated);
                } catch (ProtocolException e) {
                    refused++;
                    assertThat(e.getMessage()).isNotBlank();
                }
            }
            assertThat(refused).as("seed " + seed).isPositive();
            assertThat(pair.target.guardsIntact()).as("seed " + seed).isTrue();
        }
    }

    @FuzzTest(maxDuration = "60s")
    void anyDifferencesAreAppliedOrRefused(byte[] data) throws Exception {
        try (GuardedMemory memory = new GuardedMemory(40, 60);
                PageDecoder decoder = decoderInRound(memory, 1)) {
            try {
                SentFrames.apply(decoder, data);
            } catch (ProtocolException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
            assertThat(memory.guardsIntact()).isTrue();
        }
    }

    private static PageDecoder decoderInRound(GuardedMemory memory, int round) throws Exception {
        PageDecoder decoder = new PageDecoder(new IncomingRam(new MappedRam(memory)), 0, 1, new RoundBarrier(1));
        for (int done = 0; done < round; done++) {
            decoder.endRound(new RoundEnd(done, 0));
        }
        return decoder;
    }

    /// Page 1 and 3 of nines; a byte in each changes. Compressors may come to write other blocks, but these stay
    /// readable.
    @Test
    void theGoldenFrameIsReadAsWhatItWas() throws Exception {
        try (GuardedMemory memory = new GuardedMemory(4);
                PageDecoder decoder = decoderInRound(memory, 3);
                InputStream in = DeltaCodecTest.class.getResourceAsStream("/wire/v2/pages_delta.hex")) {
            memory.ram().fill((byte) 9);
            assertThat(in).isNotNull();
            String hex = new String(in.readAllBytes(), StandardCharsets.US_ASCII).replaceAll("\\s", "");
            SentFrames.apply(decoder, ByteBufUtil.decodeHexDump(hex));
            byte[] expected = new byte[4 * PAGE_BYTES];
            Arrays.fill(expected, (byte) 9);
            expected[PAGE_BYTES + 100] = 1;
            expected[3 * PAGE_BYTES + 4095] = 2;
            assertThat(memory.ram().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
        }
    }
}
