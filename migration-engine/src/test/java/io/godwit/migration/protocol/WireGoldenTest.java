package io.godwit.migration.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The bytes of messages, which never change: what is written today equals the files, and the files are read.
class WireGoldenTest {
    @ParameterizedTest
    @MethodSource("io.godwit.migration.protocol.Samples#all")
    void framesEqualTheirGoldenFiles(Message message) throws Exception {
        ByteBuf frame = MessageCodec.encode(UnpooledByteBufAllocator.DEFAULT, message);
        assertThat(ByteBufUtil.hexDump(frame)).isEqualTo(golden(message.type()));
        frame.release();
    }

    @ParameterizedTest
    @MethodSource("io.godwit.migration.protocol.Samples#all")
    void goldenFilesAreReadAsWhatTheyWere(Message message) throws Exception {
        ByteBuf frame = Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(golden(message.type())));
        FrameHeader header = FrameHeader.read(frame);
        header.verify(frame);
        assertThat(header.type()).isEqualTo(message.type());
        Message read = MessageCodec.decode(message.type(), frame);
        assertThat(read).usingRecursiveComparison().isEqualTo(message);
    }

    @Test
    void everyMessageHasASample() {
        // Neither pages, late or not, nor a guest's frames are messages.
        assertThat(Samples.all().map(Message::type).distinct().count()).isEqualTo(FrameType.values().length - 3L);
    }

    private static String golden(FrameType type) throws IOException {
        boolean ofVersion3 =
                type.code() >= FrameType.POSTCOPY_BEGIN.code() && type.code() <= FrameType.PAGES_LOST.code();
        String name =
                (ofVersion3 ? "/wire/v3/" : "/wire/v1/") + type.name().toLowerCase(java.util.Locale.ROOT) + ".hex";
        try (InputStream in = WireGoldenTest.class.getResourceAsStream(name)) {
            assertThat(in).as(name).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII).replaceAll("\\s", "");
        }
    }
}
