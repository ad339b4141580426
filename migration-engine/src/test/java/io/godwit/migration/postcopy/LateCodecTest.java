package io.godwit.migration.postcopy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.migration.protocol.FrameHeader;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.PageBitmap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LateCodecTest {
    private static final List<GuestMemory.Region> REGIONS =
            List.of(new GuestMemory.Region("low", 0, 100), new GuestMemory.Region("high", 100, 60));

    /// Memory on the heap.
    private static final class Heap implements GuestMemory {
        private final byte[] bytes = new byte[160 * GuestMemory.PAGE_BYTES];

        @Override
        public List<Region> regions() {
            return REGIONS;
        }

        @Override
        public long pageCount() {
            return 160;
        }

        @Override
        public MemorySegment pages(long firstPage, long pageCount) {
            return MemorySegment.ofArray(bytes).asSlice(firstPage * PAGE_BYTES, pageCount * PAGE_BYTES);
        }

        @Override
        public void dataPages(PageBitmap into) {
            into.setAll();
        }

        @Override
        public void zero(long firstPage, long pageCount) {
            pages(firstPage, pageCount).fill((byte) 0);
        }
    }

    private static final class Placed implements LateDecoder.Sink {
        private final byte[] bytes = new byte[160 * GuestMemory.PAGE_BYTES];
        private int frames;

        @Override
        public void content(long firstPage, MemorySegment content) {
            frames++;
            byte[] got = content.toArray(ValueLayout.JAVA_BYTE);
            System.arraycopy(got, 0, bytes, (int) firstPage * GuestMemory.PAGE_BYTES, got.length);
        }

        @Override
        public void zeros(long firstPage, long pages) {
            frames++;
            int from = (int) firstPage * GuestMemory.PAGE_BYTES;
            Arrays.fill(bytes, from, from + (int) pages * GuestMemory.PAGE_BYTES, (byte) 0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"random", "text", "zero", "mixed"})
    void pagesComeOutAsTheyWentIn(String content) throws Exception {
        Heap memory = new Heap();
        Random random = new Random(5);
        if (content.equals("random") || content.equals("mixed")) {
            random.nextBytes(memory.bytes);
        }
        if (content.equals("text") || content.equals("mixed")) {
            Arrays.fill(memory.bytes, 0, 50 * GuestMemory.PAGE_BYTES, (byte) 'a');
        }
        Placed placed = new Placed();
        Arrays.fill(placed.bytes, (byte) 1);
        try (LateEncoder encoder = new LateEncoder(memory, UnpooledByteBufAllocator.DEFAULT);
                LateDecoder decoder = new LateDecoder(REGIONS)) {
            for (int[] run : new int[][] {{0, 64}, {64, 36}, {100, 1}, {101, 59}}) {
                ByteBuf frame = encoder.encode(run[0], run[1]);
                FrameHeader header = FrameHeader.read(frame);
                header.verify(frame);
                decoder.decode(frame, placed);
                frame.release();
            }
        }
        assertThat(placed.bytes).isEqualTo(memory.bytes);
    }

    @Test
    void holesAreToldAsZerosWithoutBeingRead() throws Exception {
        Placed placed = new Placed();
        Arrays.fill(placed.bytes, (byte) 1);
        Heap memory = new Heap();
        new Random(5).nextBytes(memory.bytes);
        try (LateEncoder encoder = new LateEncoder(memory, UnpooledByteBufAllocator.DEFAULT);
                LateDecoder decoder = new LateDecoder(REGIONS)) {
            ByteBuf frame = encoder.encodeZeros(3, 64);
            FrameHeader.read(frame).verify(frame);
            decoder.decode(frame, placed);
            frame.release();
        }
        byte[] expected = new byte[placed.bytes.length];
        Arrays.fill(expected, (byte) 1);
        Arrays.fill(expected, 3 * GuestMemory.PAGE_BYTES, 67 * GuestMemory.PAGE_BYTES, (byte) 0);
        assertThat(placed.bytes).isEqualTo(expected);
    }

    @Test
    void aFrameThatIsNotRightPlacesNothing() throws Exception {
        byte[] page = new byte[GuestMemory.PAGE_BYTES];
        Placed placed = new Placed();
        try (LateDecoder decoder = new LateDecoder(REGIONS)) {
            for (ByteBuf frame : List.of(
                    Unpooled.EMPTY_BUFFER,
                    frame(0, 1, 0, page),
                    frame(4, 1, 0, page),
                    frame(1, 2, 0, page),
                    frame(1, 1, 160, page),
                    frame(1, 1, -1, page),
                    frame(3, 2, 99, new byte[0]),
                    frame(3, 1, 99, page),
                    frame(3, 0, 0, new byte[0]),
                    frame(3, Limits.FRAME_PAGES_MAX + 1, 0, new byte[0]),
                    frame(3, Integer.MAX_VALUE, Long.MAX_VALUE, new byte[0]),
                    frame(2, 1, 0, new byte[0]),
                    frame(2, 1, 0, new byte[] {1, 2, 3}),
                    frame(2, 1, 0, page),
                    Unpooled.buffer()
                            .writeInt(LateEncoder.ZERO << 24 | 1)
                            .writeInt(1)
                            .writeLong(0))) {
                assertThatThrownBy(() -> decoder.decode(frame, placed)).isInstanceOf(ProtocolException.class);
            }
            assertThat(placed.frames).isZero();
        }
    }

    private static ByteBuf frame(int kind, int pages, long firstPage, byte[] content) {
        return Unpooled.directBuffer()
                .writeInt(kind << 24)
                .writeInt(pages)
                .writeLong(firstPage)
                .writeBytes(content);
    }
}
