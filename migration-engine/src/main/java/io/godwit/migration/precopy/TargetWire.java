package io.godwit.migration.precopy;

import io.godwit.migration.protocol.FrameType;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message;
import io.godwit.migration.protocol.Message.Abort;
import io.godwit.migration.protocol.Message.Heartbeat;
import io.godwit.migration.protocol.MessageCodec;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.migration.transport.Link;
import io.godwit.migration.transport.Receiver;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;

/// The target's side of the control connection: a bounded inbox, read in order by the migration's thread.
final class TargetWire implements Receiver {
    private final Session session;
    private final Link control;
    private final Deque<Message> inbox = new ArrayDeque<>();
    private boolean lost;
    private boolean broken;
    private final IncomingFrames frames;

    TargetWire(Session session, Link control) {
        this.session = session;
        this.control = control;
        this.frames = new IncomingFrames(control::send);
    }

    void send(Message message) {
        control.send(message);
    }

    IncomingFrames frames() {
        return frames;
    }

    Link link() {
        return control;
    }

    /// The next message, or the session's end.
    Message next(long timeoutMs, String failure) throws GivenUp, InterruptedException {
        session.await(() -> !inbox.isEmpty(), timeoutMs, failure);
        synchronized (session) {
            return inbox.removeFirst();
        }
    }

    /// Waits, a bounded time, until the source has closed: it stays to forward late frames.
    void awaitFarewell() throws InterruptedException {
        try {
            int timeoutMs = Limits.FRAMES_TAIL_MS + Limits.FRAMES_DONE_MS + Limits.FAREWELL_MS;
            session.await(() -> lost, timeoutMs, "The source did not close the connection");
        } catch (GivenUp _) {
            // The connection is closed by this side then.
        }
        control.close();
    }

    @Override
    public void received(Link link, FrameType type, ByteBuf payload) {
        if (broken) {
            return;
        }
        try {
            if (type == FrameType.FRAMES) {
                frames.received(payload);
            } else {
                receive(MessageCodec.decode(type, payload));
            }
        } catch (ProtocolException e) {
            // The connection stays open for as long as it takes to say why.
            broken = true;
            session.fail(Reasons.of(e));
        }
    }

    private void receive(Message message) throws ProtocolException {
        switch (message) {
            case Heartbeat _ -> {}
            case Abort abort -> session.fail("The source gave up: " + abort.reason());
            case Message.Hello _,
                    Message.Welcome _,
                    Message.Question _,
                    Message.Answer _,
                    Message.Prepare _,
                    Message.Prepared _,
                    Message.RoundDone _,
                    Message.DeviceStatePart _,
                    Message.Digests _,
                    Message.Complete _,
                    Message.Running _,
                    Message.FramesDone _,
                    Message.RoundEnd _,
                    Message.Postcopy _ -> deliver(message);
        }
    }

    private void deliver(Message message) throws ProtocolException {
        synchronized (session) {
            if (inbox.size() >= Limits.INBOX_MESSAGES_MAX) {
                throw new ProtocolException("The source sends more messages than it may: " + message.type());
            }
            inbox.addLast(message);
            session.changed();
        }
    }

    @Override
    public void writabilityChanged(Link link) {
        session.changed();
    }

    @Override
    public void lost(Link link, String reason) {
        session.change(() -> lost = true);
        frames.end();
        session.fail("The connection with the source is lost: " + reason);
    }
}
