package io.godwit.migration.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.godwit.migration.protocol.Message;
import io.godwit.migration.protocol.MessageCodec;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.migration.transport.FrameDecoder.Frame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameDecoderTest {
    private static byte[] stream() {
        ByteBuf all = Unpooled.buffer();
        for (Message message : List.of(
                new Message.RoundDone(5),
                new Message.Heartbeat(),
                new Message.Abort("enough"),
                new Message.Complete(1, 2, false))) {
            ByteBuf frame = MessageCodec.encode(UnpooledByteBufAllocator.DEFAULT, message);
            all.writeBytes(frame);
            frame.release();
        }
        return ByteBufUtil.getBytes(all);
    }

    /// @return what was read until the bytes ended or were refused
    private static List<Message> read(byte[] bytes, int step) throws ProtocolException {
        EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder());
        List<Message> messages = new ArrayList<>();
        try {
            for (int at = 0; at < bytes.length; at += step) {
                channel.writeInbound(Unpooled.copiedBuffer(bytes, at, Math.min(step, bytes.length - at)));
            }
        } catch (DecoderException e) {
            throw new AssertionError(e);
        } catch (Exception e) {
            assertThat(e).isInstanceOf(ProtocolException.class);
        } finally {
            Frame frame = channel.readInbound();
            while (frame != null) {
                try {
                    messages.add(MessageCodec.decode(frame.type(), frame.payload()));
                } finally {
                    frame.payload().release();
                    frame = channel.readInbound();
                }
            }
            channel.finishAndReleaseAll();
        }
        return messages;
    }

    @Test
    void framesComeOutHoweverTheBytesCome() throws Exception {
        byte[] stream = stream();
        for (int step = 1; step <= stream.length; step++) {
            assertThat(read(stream, step)).hasSize(4);
        }
    }

    @Test
    void streamsCutAtEveryByteYieldWholeFramesOnly() throws Exception {
        byte[] stream = stream();
        for (int length = 0; length < stream.length; length++) {
            assertThat(read(java.util.Arrays.copyOf(stream, length), 7)).hasSizeLessThan(4);
        }
    }

    @Test
    void everyFlippedBitIsNoticed() throws Exception {
        byte[] stream = stream();
        for (int bit = 0; bit < stream.length * 8; bit++) {
            byte[] flipped = stream.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(read(flipped, stream.length)).as("bit " + bit).hasSizeLessThan(4);
        }
    }

    @Test
    void unknownOptionalFramesAreSkipped() throws Exception {
        byte[] stream = stream();
        ByteBuf optional = Unpooled.buffer();
        optional.writeShort(0x8042).writeShort(0).writeInt(3).writeInt(0).writeBytes(new byte[] {1, 2, 3});
        java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
        crc.update(ByteBufUtil.getBytes(optional, 0, 8));
        crc.update(ByteBufUtil.getBytes(optional, 12, 3));
        optional.setInt(8, (int) crc.getValue());
        byte[] all = ByteBufUtil.getBytes(Unpooled.wrappedBuffer(optional, Unpooled.wrappedBuffer(stream)));
        assertThat(read(all, 5)).hasSize(4);
    }

    @Test
    void randomBytesYieldNothing() throws Exception {
        Random random = new Random(11);
        for (int i = 0; i < 2_000; i++) {
            byte[] noise = new byte[random.nextInt(200)];
            random.nextBytes(noise);
            assertThat(read(noise, 13)).isEmpty();
        }
    }

    @FuzzTest(maxDuration = "60s")
    void anyStreamIsReadOrRefused(byte[] data) {
        try {
            assertThat(read(data, 64)).doesNotContainNull();
        } catch (ProtocolException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }
}
