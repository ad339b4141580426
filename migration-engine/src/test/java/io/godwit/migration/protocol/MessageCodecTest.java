package io.godwit.migration.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessageCodecTest {
    private static byte[] payload(Message message) {
        ByteBuf frame = MessageCodec.encode(UnpooledByteBufAllocator.DEFAULT, message);
        byte[] bytes = new byte[frame.readableBytes() - FrameHeader.BYTES];
        frame.getBytes(FrameHeader.BYTES, bytes);
        frame.release();
        return bytes;
    }

    @ParameterizedTest
    @MethodSource("io.godwit.migration.protocol.Samples#all")
    void cutOffPayloadsAreRefusedOrReadAsLess(Message message) {
        byte[] whole = payload(message);
        for (int length = 0; length < whole.length; length++) {
            ByteBuf cut = Unpooled.wrappedBuffer(whole, 0, length);
            try {
                Message read = MessageCodec.decode(message.type(), cut);
                // Only text and lists of numbers have no length of their own.
                assertThat(read)
                        .isInstanceOfAny(
                                Message.Abort.class,
                                Message.Running.class,
                                Message.Digests.class,
                                Message.DeviceStatePart.class,
                                Message.Postcopy.MissingMap.class,
                                Message.Postcopy.PageRequest.class,
                                Message.Postcopy.PagesLost.class);
            } catch (ProtocolException e) {
                assertThat(e).hasMessageNotContaining("Exception");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("io.godwit.migration.protocol.Samples#all")
    void longerPayloadsAreRefused(Message message) throws Exception {
        byte[] whole = payload(message);
        byte[] longer = java.util.Arrays.copyOf(whole, whole.length + 1);
        try {
            Message read = MessageCodec.decode(message.type(), Unpooled.wrappedBuffer(longer));
            assertThat(read)
                    .isInstanceOfAny(
                            Message.Abort.class,
                            Message.Running.class,
                            Message.DeviceStatePart.class,
                            Message.Postcopy.PagesLost.class);
        } catch (ProtocolException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    /// Seeded, so that a failure comes back.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void mutatedPayloadsAreReadOrRefused(long seed) {
        Random random = new Random(seed);
        List<Message> samples = Samples.all().toList();
        int refused = 0;
        for (int i = 0; i < 5_000; i++) {
            Message sample = samples.get(random.nextInt(samples.size()));
            byte[] bytes = payload(sample);
            for (int flips = 1 + random.nextInt(4); flips > 0 && bytes.length > 0; flips--) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                assertThat(MessageCodec.decode(sample.type(), Unpooled.wrappedBuffer(bytes)))
                        .isNotNull();
            } catch (ProtocolException e) {
                refused++;
            }
        }
        assertThat(refused).as("seed " + seed).isPositive();
    }

    @Test
    void unknownMandatoryFramesFailAndOptionalOnesAreSkipped() throws Exception {
        ByteBuf mandatory = header(0x7123, 0, 0);
        assertThatThrownBy(() -> FrameHeader.read(mandatory))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("unknown mandatory");
        assertThat(FrameHeader.read(header(0x8000 | 0x123, 0, 100)).type()).isNull();
        assertThatThrownBy(() -> FrameHeader.read(header(0, 0, 0))).isInstanceOf(ProtocolException.class);
    }

    @Test
    void hugeLengthsAreRefusedBeforeAnythingIsAllocated() {
        for (FrameType type : FrameType.values()) {
            assertThatThrownBy(() -> FrameHeader.read(header(type.code(), 0, type.payloadBytesMax() + 1L)))
                    .isInstanceOf(ProtocolException.class)
                    .hasMessageContaining("larger than allowed");
            assertThatThrownBy(() -> FrameHeader.read(header(type.code(), 0, 0xffff_ffffL)))
                    .isInstanceOf(ProtocolException.class);
        }
        assertThatThrownBy(() -> FrameHeader.read(header(0x8001, 0, 0xffff_ffffL)))
                .isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> FrameHeader.read(header(FrameType.HEARTBEAT.code(), 1, 0)))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("reserved");
    }

    @Test
    void offersThatLeaveThingsOutAreRefused() {
        for (String json : List.of(
                "{}",
                "null",
                "[]",
                "{\"offer\":null}",
                "{\"offer\":{}}",
                "{\"offer\":{\"memory\":[]}}",
                "{".repeat(100),
                "{\"offer\":{\"memory\":[null]}}")) {
            ByteBuf payload = Unpooled.copiedBuffer(json, StandardCharsets.UTF_8);
            assertThatThrownBy(() -> MessageCodec.decode(FrameType.QUESTION, payload))
                    .as(json)
                    .isInstanceOf(ProtocolException.class);
        }
    }

    @Test
    void longTextsAreCutAtACharacter() throws Exception {
        String text = "ä".repeat(Limits.TEXT_BYTES_MAX);
        Message read =
                MessageCodec.decode(FrameType.ABORT, Unpooled.wrappedBuffer(payload(new Message.Abort("x" + text))));
        assertThat(((Message.Abort) read).reason())
                .startsWith("xä")
                .endsWith("ä")
                .hasSizeLessThan(Limits.TEXT_BYTES_MAX);
    }

    @Test
    void versionsAreAgreedOnOrRefused() throws Exception {
        assertThat(ProtocolVersion.choose(1, 1)).isEqualTo(1);
        assertThat(ProtocolVersion.choose(1, 2)).isEqualTo(2);
        assertThat(ProtocolVersion.choose(1, 9)).isEqualTo(3);
        assertThatThrownBy(() -> ProtocolVersion.choose(4, 9)).isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> ProtocolVersion.choose(0, 0)).isInstanceOf(ProtocolException.class);
    }

    private static ByteBuf header(int code, int reserved, long length) {
        return Unpooled.buffer()
                .writeShort(code)
                .writeShort(reserved)
                .writeInt((int) length)
                .writeInt(0);
    }
}
