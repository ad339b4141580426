package io.godwit.migration.precopy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.migration.protocol.FrameHeader;
import io.godwit.migration.protocol.GuestFramesCodec;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message.FramesDone;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.GuestFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What a source may make a target hold.
class IncomingFramesTest {
    private final IncomingFrames frames = new IncomingFrames(_ -> {});

    @Test
    void moreFramesThanThereIsRoomForAreDroppedAndCounted() throws Exception {
        List<GuestFrame> thousand = Stream.generate(() -> new GuestFrame(0, new byte[GuestFrame.BYTES_MIN]))
                .limit(1024)
                .toList();
        for (int i = 0; i < Limits.FRAMES_WAITING_MAX / 1024 + 1; i++) {
            receive(thousand, false);
        }
        assertThat(frames.figures()).isEqualTo(new FramesDone(0, 1024));
    }

    @Test
    void moreBytesThanThereIsRoomForAreDroppedAndCounted() throws Exception {
        List<GuestFrame> two = List.of(
                new GuestFrame(0, new byte[GuestFrame.BYTES_MAX]), new GuestFrame(1, new byte[GuestFrame.BYTES_MAX]));
        int room = Limits.FRAMES_WAITING_BYTES_MAX / GuestFrame.BYTES_MAX;
        for (int i = 0; i < room; i++) {
            receive(two, false);
        }
        assertThat(frames.figures()).isEqualTo(new FramesDone(0, room));
    }

    @Test
    void nothingIsTakenInAfterTheEnd() throws Exception {
        receive(List.of(), true);
        receive(List.of(new GuestFrame(0, new byte[GuestFrame.BYTES_MIN])), false);
        assertThat(frames.figures()).isEqualTo(FramesDone.NOTHING);
    }

    @Test
    void aBrokenBatchIsRefused() {
        ByteBuf tooShort = Unpooled.buffer().writeInt(0).writeInt(0).writeInt(GuestFrame.BYTES_MIN - 1);
        assertThatThrownBy(() -> frames.received(tooShort.writeZero(100))).isInstanceOf(ProtocolException.class);
        ByteBuf partly =
                Unpooled.buffer().writeInt(0).writeInt(0).writeInt(1000).writeZero(999);
        assertThatThrownBy(() -> frames.received(partly)).isInstanceOf(ProtocolException.class);
        ByteBuf noCard = Unpooled.buffer()
                .writeInt(0)
                .writeShort(99)
                .writeShort(0)
                .writeInt(24)
                .writeZero(24);
        assertThatThrownBy(() -> frames.received(noCard)).isInstanceOf(ProtocolException.class);
        ByteBuf reserved = Unpooled.buffer()
                .writeInt(0)
                .writeShort(0)
                .writeShort(1)
                .writeInt(24)
                .writeZero(24);
        assertThatThrownBy(() -> frames.received(reserved)).isInstanceOf(ProtocolException.class);
        ByteBuf noEnd = Unpooled.buffer().writeInt(2);
        assertThatThrownBy(() -> frames.received(noEnd)).isInstanceOf(ProtocolException.class);
        ByteBuf cut = Unpooled.buffer().writeInt(0).writeShort(0);
        assertThatThrownBy(() -> frames.received(cut)).isInstanceOf(ProtocolException.class);
    }

    private void receive(List<GuestFrame> batch, boolean last) throws ProtocolException {
        ByteBuf encoded = GuestFramesCodec.encode(UnpooledByteBufAllocator.DEFAULT, batch, last);
        try {
            frames.received(encoded.skipBytes(FrameHeader.BYTES));
        } finally {
            encoded.release();
        }
    }
}
