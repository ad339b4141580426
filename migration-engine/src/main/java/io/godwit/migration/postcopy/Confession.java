package io.godwit.migration.postcopy;

import io.godwit.migration.protocol.FrameType;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message;
import io.godwit.migration.protocol.Message.Hello;
import io.godwit.migration.protocol.Message.Postcopy;
import io.godwit.migration.protocol.Message.Role;
import io.godwit.migration.protocol.Message.Welcome;
import io.godwit.migration.protocol.MessageCodec;
import io.godwit.migration.protocol.ProtocolVersion;
import io.godwit.migration.protocol.Token;
import io.godwit.migration.transport.Link;
import io.godwit.migration.transport.Receiver;
import io.godwit.migration.transport.Transport;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// A source that has lost the pages it owes says so, and has been heard once the target says that it misses
/// none any more.
final class Confession implements Receiver {
    private final CountDownLatch welcomed = new CountDownLatch(1);
    private final CountDownLatch heard = new CountDownLatch(1);

    private Confession() {}

    static void make(PostcopySource.Place place, Transport transport, String reason)
            throws IOException, InterruptedException {
        Confession ear = new Confession();
        Link link = transport.connect(place.target(), place.targetHost(), ear);
        try {
            Token token = new Token(
                    place.migration().getMostSignificantBits(),
                    place.migration().getLeastSignificantBits());
            link.send(new Hello(ProtocolVersion.MIN, ProtocolVersion.MAX, Role.LATE, 0, token));
            if (!ear.welcomed.await(Limits.GREETING_MS, TimeUnit.MILLISECONDS)) {
                throw new IOException("The target did not welcome a connection for pages that come later");
            }
            link.send(new Postcopy.PagesLost(reason));
            if (!ear.heard.await(Limits.GREETING_MS, TimeUnit.MILLISECONDS)) {
                throw new IOException("The target did not say that it has heard that pages are lost");
            }
        } finally {
            link.close();
        }
    }

    @Override
    public void received(Link link, FrameType type, ByteBuf payload) throws IOException {
        switch (MessageCodec.decode(type, payload)) {
            case Welcome _ -> welcomed.countDown();
            case Postcopy.AllPlaced _ -> heard.countDown();
            case Message _ -> {
                // The target says what it misses before it reads that there is nothing to be had.
            }
        }
    }

    @Override
    public void writabilityChanged(Link link) {}

    @Override
    public void lost(Link link, String reason) {}
}
