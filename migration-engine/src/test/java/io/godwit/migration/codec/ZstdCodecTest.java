package io.godwit.migration.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.godwit.migration.protocol.Message.RoundEnd;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.GuestMemory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.InputStream;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every codec, and what only zstd can do wrong.
class ZstdCodecTest {
    private static final int PAGE_BYTES = GuestMemory.PAGE_BYTES;

    private static void fill(GuardedMemory memory, Random random) {
        byte[] page = new byte[PAGE_BYTES];
        for (long number = 0; number < memory.pageCount(); number++) {
            switch (number / 100 % 3 == 0 ? 3 : random.nextInt(3)) {
                case 0 -> Arrays.fill(page, (byte) 0);
                case 1 -> Arrays.fill(page, (byte) number);
                case 2 -> text(page, random);
                default -> random.nextBytes(page);
            }
            memory.ram().asSlice(number * PAGE_BYTES, PAGE_BYTES).asByteBuffer().put(page);
        }
    }

    private static void text(byte[] page, Random random) {
        for (int i = 0; i < page.length; i++) {
            page[i] = (byte) ('a' + Math.abs(random.nextGaussian()) * 4);
        }
    }

    private static PageDecoder decoder(GuardedMemory memory) throws Exception {
        PageDecoder decoder = new PageDecoder(new IncomingRam(new MappedRam(memory)), 0, 1, new RoundBarrier(1));
        assertThat(decoder.endRound(new RoundEnd(0, 0))).isTrue();
        return decoder;
    }

    private static SentFrames encodeAll(GuardedMemory memory, Codec codec) throws Exception {
        SentFrames sent = new SentFrames();
        CodecControl control = new CodecControl(List.of(codec), 1, () -> 0);
        try (PageEncoder encoder =
                new PageEncoder(new MappedRam(memory), UnpooledByteBufAllocator.DEFAULT, sent, control, 1, 0)) {
            encoder.beginRound(1);
            encoder.add(0, (int) memory.pageCount());
            encoder.endRound();
        }
        return sent;
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void whatIsEncodedIsDecodedTheSame(Codec codec) throws Exception {
        try (GuardedMemory source = new GuardedMemory(37, 901, 1);
                GuardedMemory target = new GuardedMemory(37, 901, 1);
                PageDecoder decoder = decoder(target)) {
            fill(source, new Random(1));
            target.ram().fill((byte) 7);
            SentFrames sent = encodeAll(source, codec);
            for (byte[] payload : sent.payloads) {
                SentFrames.apply(decoder, payload);
            }
            assertThat(source.ram().mismatch(target.ram())).isEqualTo(-1);
            assertThat(target.guardsIntact()).isTrue();
            assertThat(sent.kinds).contains(PageKind.RAW, codec.kind());
        }
    }

    /// One run, straight into the RAM, and two, by way of a buffer.
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void contentOfAnotherSizeThanItsPagesIsRefused(int runs) throws Exception {
        for (int size : new int[] {0, 1, PAGE_BYTES, 2 * PAGE_BYTES - 1, 2 * PAGE_BYTES + 1, 1 << 20, 100 << 20}) {
            byte[] bomb = Zstd.compress(new byte[size]);
            refused(payload(runs, bomb));
        }
        refused(payload(runs, new byte[100]));
        byte[] whole = Zstd.compress(new byte[2 * PAGE_BYTES]);
        refused(payload(runs, Arrays.copyOf(whole, whole.length - 1)));
        refused(payload(runs, Arrays.copyOf(whole, whole.length + 1)));
    }

    private static void refused(byte[] payload) throws Exception {
        try (GuardedMemory memory = new GuardedMemory(2, 40);
                PageDecoder decoder = decoder(memory)) {
            assertThatThrownBy(() -> SentFrames.apply(decoder, payload)).isInstanceOf(ProtocolException.class);
            assertThat(memory.guardsIntact()).isTrue();
        }
    }

    /// The RAM's first two pages, the last ones of their region; or two pages apart.
    private static byte[] payload(int runs, byte[] content) {
        ByteBuf out = Unpooled.buffer();
        out.writeInt(1).writeInt(0).writeByte(PageKind.ZSTD.code()).writeByte(0).writeShort(runs);
        for (int i = 0; i < runs; i++) {
            out.writeLong(i * 3L).writeInt(2 / runs);
        }
        return ByteBufUtil.getBytes(out.writeBytes(content));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void mutatedFramesNeverWriteBesideTheRam(long seed) throws Exception {
        Random random = new Random(seed);
        try (GuardedMemory source = new GuardedMemory(5, 70);
                GuardedMemory target = new GuardedMemory(5, 70)) {
            source.ram().fill((byte) 1);
            for (int i = 0; i < 3_000; i++) {
                source.ram().set(ValueLayout.JAVA_BYTE, random.nextInt(70 * PAGE_BYTES), (byte) random.nextInt());
            }
            List<byte[]> payloads = encodeAll(source, Codec.ZSTD_1).payloads;
            for (int i = 0; i < 1_000; i++) {
                byte[] mutated = payloads.getFirst().clone();
                for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                    mutated[8 + random.nextInt(mutated.length - 8)] ^= (byte) (1 << random.nextInt(8));
                }
                try (PageDecoder decoder = decoder(target)) {
                    SentFrames.apply(decoder, mutated);
                } catch (ProtocolException e) {
                    assertThat(e.getMessage()).isNotBlank();
                }
            }
            assertThat(target.guardsIntact()).as("seed " + seed).isTrue();
        }
    }

    @Test
    void theGoldenFrameIsReadAsWhatItWas() throws Exception {
        try (GuardedMemory memory = new GuardedMemory(4);
                PageDecoder decoder = decoder(memory);
                InputStream in = ZstdCodecTest.class.getResourceAsStream("/wire/v2/pages_zstd.hex")) {
            assertThat(in).isNotNull();
            String hex = new String(in.readAllBytes(), StandardCharsets.US_ASCII).replaceAll("\\s", "");
            SentFrames.apply(decoder, ByteBufUtil.decodeHexDump(hex));
            byte[] expected = new byte[4 * PAGE_BYTES];
            Arrays.fill(expected, PAGE_BYTES, 2 * PAGE_BYTES, (byte) 10);
            Arrays.fill(expected, 3 * PAGE_BYTES, 4 * PAGE_BYTES, (byte) 11);
            assertThat(memory.ram().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
        }
    }
}
