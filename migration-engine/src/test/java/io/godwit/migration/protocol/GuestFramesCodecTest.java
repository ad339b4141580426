package io.godwit.migration.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.migration.protocol.GuestFramesCodec.Batch;
import io.godwit.shim.GuestFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The bytes of a FRAMES frame, which never change.
class GuestFramesCodecTest {
    private static final byte[] FIRST = HexFormat.of().parseHex("0000000000000000000052540077010102007701010288b5aa");
    private static final byte[] SECOND =
            HexFormat.of().parseHex("0100000000002200060052540077010202007701010208004500");

    @Test
    void theFrameEqualsItsGoldenFile() throws Exception {
        ByteBuf frame = GuestFramesCodec.encode(
                UnpooledByteBufAllocator.DEFAULT, List.of(new GuestFrame(0, FIRST), new GuestFrame(3, SECOND)), true);
        assertThat(ByteBufUtil.hexDump(frame)).isEqualTo(golden());
        frame.release();
    }

    @Test
    void theGoldenFileIsReadAsWhatItWas() throws Exception {
        ByteBuf frame = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(golden()));
        FrameHeader header = FrameHeader.read(frame);
        header.verify(frame);
        assertThat(header.type()).isEqualTo(FrameType.FRAMES);
        Batch batch = GuestFramesCodec.decode(frame);
        assertThat(batch.last()).isTrue();
        assertThat(batch.frames()).extracting(GuestFrame::card).containsExactly(0, 3);
        assertThat(batch.frames()).extracting(GuestFrame::bytes).containsExactly(FIRST, SECOND);
    }

    @Test
    void theLargestBatchFitsIntoAFrame() throws Exception {
        int count = Limits.FRAMES_BATCH_BYTES_MAX / GuestFrame.BYTES_MIN;
        List<GuestFrame> smallest =
                java.util.Collections.nCopies(count, new GuestFrame(0, new byte[GuestFrame.BYTES_MIN]));
        ByteBuf frame = GuestFramesCodec.encode(UnpooledByteBufAllocator.DEFAULT, smallest, false);
        assertThat(GuestFramesCodec.decode(frame.skipBytes(FrameHeader.BYTES)).frames())
                .hasSize(count);
        frame.release();
    }

    private static String golden() throws IOException {
        try (InputStream in = GuestFramesCodecTest.class.getResourceAsStream("/wire/v1/frames.hex")) {
            assertThat(in).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII).replaceAll("\\s", "");
        }
    }
}
