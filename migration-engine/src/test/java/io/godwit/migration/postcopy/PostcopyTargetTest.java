package io.godwit.migration.postcopy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.migration.postcopy.LateConnections.Connection;
import io.godwit.migration.protocol.FrameHeader;
import io.godwit.migration.protocol.FrameType;
import io.godwit.migration.protocol.Message.Postcopy.MissingMap;
import io.godwit.migration.protocol.Message.Postcopy.PageRequest;
import io.godwit.migration.transport.Link;
import io.godwit.migration.transport.Receiver;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.PageBitmap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A target that misses pages 10 to 13, step by step: what comes is fed to it by hand.
@Timeout(60)
class PostcopyTargetTest {
    private final LateGuest guest = new LateGuest();
    private final BlockingQueue<String> losses = new LinkedBlockingQueue<>();
    private LateConnections connections;
    private PostcopyTarget target;

    @BeforeEach
    void begin() throws Exception {
        connections = new LateConnections();
        target = PostcopyTarget.prepare(
                new UUID(1, 2), "source", guest, Duration.ofMinutes(5), losses::add, System::nanoTime);
        PageBitmap missing = new PageBitmap(LateGuest.PAGES);
        missing.setRange(10, 4);
        for (MissingMap part : MissingMaps.parts(missing)) {
            target.tell(part);
        }
        target.begin();
    }

    @AfterEach
    void end() {
        target.close();
        connections.close();
    }

    @Test
    void aPageCountsAsMissingUntilItIsPlaced() throws Exception {
        Connection source = connections.open();
        Receiver arriving = target.join(source.link(), 0);
        List<Long> left = new ArrayList<>();
        guest.whilePlacing = () -> left.add(target.pagesLeft());
        content(source.link(), arriving, 10, 2);
        assertThat(left).containsExactly(4L);
        assertThat(target.pagesLeft()).isEqualTo(2);
        guest.cannotPlace = true;
        assertThatThrownBy(() -> content(source.link(), arriving, 12, 1)).isInstanceOf(HypervisorException.class);
        assertThat(target.pagesLeft()).isEqualTo(2);
    }

    @Test
    void theEndComesWithTheLastPageAndNotBefore() throws Exception {
        Connection source = connections.open();
        Receiver arriving = target.join(source.link(), 0);
        content(source.link(), arriving, 10, 3);
        guest.awaitNextWait();
        guest.touch(13);
        source.next(MissingMap.class);
        assertThat(source.next(PageRequest.class).pages()).containsExactly(13);
        content(source.link(), arriving, 13, 1);
        assertThat(target.awaitEnd()).isEqualTo(new PostcopyTarget.End.Placed());
        assertThat(guest.calls).containsExactly("places 10+3", "places 13+1", "complete");
    }

    @Test
    void whoWaitsForAPageOfZerosIsLetGoOn() throws Exception {
        Connection source = connections.open();
        Receiver arriving = target.join(source.link(), 0);
        source.next(MissingMap.class);
        guest.touch(11);
        assertThat(source.next(PageRequest.class).pages()).containsExactly(11);
        zeros(source.link(), arriving, 10, 3);
        assertThat(guest.calls).containsExactly("zeros 11+1");
        guest.touch(12);
        guest.awaitNextWait();
        assertThat(guest.calls).as("who comes later").containsExactly("zeros 11+1", "zeros 12+1");
        assertThat(target.pagesLeft()).isEqualTo(1);
    }

    @Test
    void theNextConnectionIsToldWhatIsMissingStillAndWhoWaitsForIt() throws Exception {
        Connection former = connections.open();
        Receiver arriving = target.join(former.link(), 0);
        assertThat(former.next(MissingMap.class).words()).containsExactly(0b1111L << 10, 0);
        guest.touch(12);
        assertThat(former.next(PageRequest.class).pages()).containsExactly(12);
        content(former.link(), arriving, 10, 1);
        arriving.lost(former.link(), "cut");
        assertThat(losses).hasSize(1);
        guest.touch(13);
        guest.awaitNextWait();
        Connection next = connections.open();
        target.join(next.link(), 0);
        assertThat(next.next(MissingMap.class).words()).containsExactly(0b1110L << 10, 0);
        assertThat(next.next(PageRequest.class).pages()).containsExactly(12, 13);
    }

    @Test
    void aFormerConnectionThatEndsLateTakesNothingFromTheNext() throws Exception {
        Connection former = connections.open();
        Receiver arriving = target.join(former.link(), 0);
        Connection next = connections.open();
        target.join(next.link(), 0);
        arriving.lost(former.link(), "cut");
        assertThat(losses).isEmpty();
        next.next(MissingMap.class);
        guest.touch(12);
        assertThat(next.next(PageRequest.class).pages()).containsExactly(12);
    }

    private void content(Link link, Receiver arriving, long firstPage, int pages) throws IOException {
        guest.pages(firstPage, pages).fill((byte) 7);
        try (LateEncoder encoder = new LateEncoder(guest, UnpooledByteBufAllocator.DEFAULT)) {
            arrive(link, arriving, encoder.encode(firstPage, pages));
        }
    }

    private void zeros(Link link, Receiver arriving, long firstPage, int pages) throws IOException {
        try (LateEncoder encoder = new LateEncoder(guest, UnpooledByteBufAllocator.DEFAULT)) {
            arrive(link, arriving, encoder.encodeZeros(firstPage, pages));
        }
    }

    private static void arrive(Link link, Receiver arriving, ByteBuf frame) throws IOException {
        try {
            FrameHeader.read(frame);
            arriving.received(link, FrameType.LATE_PAGES, frame);
        } finally {
            frame.release();
        }
    }
}
