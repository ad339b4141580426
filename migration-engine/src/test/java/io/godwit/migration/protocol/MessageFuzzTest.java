package io.godwit.migration.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/// Any bytes as any message: read or refused, nothing else. `JAZZER_FUZZ=1 mvn test -Dtest=MessageFuzzTest`
/// searches; without it the kept inputs are run.
class MessageFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void anyBytesAreReadOrRefused(byte[] data) {
        if (data.length == 0) {
            return;
        }
        FrameType[] types = FrameType.values();
        FrameType type = types[Byte.toUnsignedInt(data[0]) % types.length];
        ByteBuf payload = Unpooled.wrappedBuffer(data, 1, Math.min(data.length - 1, type.payloadBytesMax()));
        try {
            assertThat(MessageCodec.decode(type, payload).type()).isEqualTo(type);
        } catch (ProtocolException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }
}
