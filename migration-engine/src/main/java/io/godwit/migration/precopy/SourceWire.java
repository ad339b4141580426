package io.godwit.migration.precopy;

import io.godwit.migration.IncomingGuests.Offer;
import io.godwit.migration.codec.PackedDeviceState;
import io.godwit.migration.postcopy.MissingMaps;
import io.godwit.migration.protocol.FrameType;
import io.godwit.migration.protocol.GuestFramesCodec;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message;
import io.godwit.migration.protocol.Message.Abort;
import io.godwit.migration.protocol.Message.Answer;
import io.godwit.migration.protocol.Message.Complete;
import io.godwit.migration.protocol.Message.Digests;
import io.godwit.migration.protocol.Message.FramesDone;
import io.godwit.migration.protocol.Message.Heartbeat;
import io.godwit.migration.protocol.Message.Hello;
import io.godwit.migration.protocol.Message.Prepare;
import io.godwit.migration.protocol.Message.Prepared;
import io.godwit.migration.protocol.Message.Question;
import io.godwit.migration.protocol.Message.Role;
import io.godwit.migration.protocol.Message.RoundDone;
import io.godwit.migration.protocol.Message.Running;
import io.godwit.migration.protocol.Message.Welcome;
import io.godwit.migration.protocol.MessageCodec;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.migration.protocol.ProtocolVersion;
import io.godwit.migration.protocol.Token;
import io.godwit.migration.transport.Link;
import io.godwit.migration.transport.Receiver;
import io.godwit.migration.transport.Transport;
import io.godwit.shim.DeviceState;
import io.godwit.shim.GuestFrame;
import io.godwit.shim.PageBitmap;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The source's side of the conversation: requests, and waits for what they bring. All waits end with the
/// session.
final class SourceWire implements Receiver, AutoCloseable {
    private final Session session;
    private final Transport transport;
    private final InetSocketAddress target;
    private final String targetHost;
    private final List<Link> dataLinks = new ArrayList<>();
    private volatile @Nullable Link control;
    private Token token = Token.NONE;
    private int version = ProtocolVersion.MIN;

    // What the target said, under the session's lock.
    private @Nullable Class<? extends Message> expected;
    private @Nullable Message reply;
    private int lastRound = -1;
    private int doneRound = -1;
    private FramesDone framesDone = FramesDone.NOTHING;
    private volatile boolean completeSent;

    SourceWire(Session session, Transport transport, InetSocketAddress target, String targetHost) {
        this.session = session;
        this.transport = transport;
        this.target = target;
        this.targetHost = targetHost;
    }

    /// Connects and agrees on a version.
    void open() throws IOException, InterruptedException {
        Link link = transport.connect(target, targetHost, this);
        control = link;
        link.startHeartbeats();
        Hello hello = new Hello(ProtocolVersion.MIN, ProtocolVersion.MAX, Role.CONTROL, 0, Token.NONE);
        Welcome welcome = request(hello, Welcome.class, Limits.GREETING_MS);
        checkVersion(welcome);
        version = welcome.version();
        token = welcome.token();
    }

    /// What was agreed on; the oldest there is before [#open].
    int version() {
        return version;
    }

    /// @return the target's blockers
    List<String> ask(Offer offer) throws IOException, InterruptedException {
        return request(new Question(offer), Answer.class, Limits.QUESTION_MS).blockers();
    }

    /// Has the target begin to prepare; [#awaitPrepared] waits for its end.
    void prepare(Offer offer, int connections, boolean verify) {
        ask(new Prepare(offer, connections, verify), Prepared.class);
    }

    void awaitPrepared() throws IOException, InterruptedException {
        var _ = answer(FrameType.PREPARE, Prepared.class, Limits.PREPARE_MS);
    }

    /// Has the target make ready for a guest with pages missing.
    void beginPostcopy() throws IOException, InterruptedException {
        request(new Message.Postcopy.Begin(), Message.Postcopy.Ready.class, Limits.QUESTION_MS);
    }

    /// Tells the target which pages will be missing.
    void sendMissing(PageBitmap missing) throws IOException, InterruptedException {
        Link link = open(control);
        for (Message.Postcopy.MissingMap part : MissingMaps.parts(missing)) {
            session.await(link::writable);
            link.send(part);
        }
    }

    /// Opens the data connections; each has been bound to this session when it returns.
    List<Link> openData(int connections) throws IOException, InterruptedException {
        for (int number = 0; number < connections; number++) {
            DataReceiver receiver = new DataReceiver(number);
            Link link = transport.connect(target, targetHost, receiver);
            dataLinks.add(link);
            link.send(new Hello(ProtocolVersion.MIN, ProtocolVersion.MAX, Role.DATA, number, token));
            session.await(() -> receiver.welcomed, Limits.GREETING_MS, "The target did not welcome a data connection");
        }
        return List.copyOf(dataLinks);
    }

    /// To be called before a round's end is sent.
    void expectRound(int round) {
        session.change(() -> lastRound = round);
    }

    /// Waits until all pages of a round are in the target's RAM.
    void awaitRound(int round) throws GivenUp, InterruptedException {
        session.await(() -> doneRound >= round);
    }

    /// @return how many bytes it is on the wire
    int sendDeviceState(DeviceState state) {
        Link link = open(control);
        byte[] bytes = PackedDeviceState.pack(state);
        for (int offset = 0; offset < bytes.length; offset += Limits.STATE_PART_BYTES_MAX) {
            int length = Math.min(Limits.STATE_PART_BYTES_MAX, bytes.length - offset);
            link.send(MessageCodec.statePart(link.allocator(), bytes.length, offset, bytes, offset, length));
        }
        return bytes.length;
    }

    void sendDigests(Digests digests) throws GivenUp, InterruptedException {
        Link link = open(control);
        session.await(link::writable);
        link.send(digests);
    }

    /// Tells the target that it has everything, and waits for its word that the guest is its own.
    Running complete(Complete complete, long timeoutMs) throws IOException, InterruptedException {
        return request(complete, Running.class, timeoutMs);
    }

    /// Whether everything the guest needs to run has been handed to the connection.
    boolean completeSent() {
        return completeSent;
    }

    boolean controlOpen() {
        return open(control).open();
    }

    boolean controlWritable() {
        return open(control).writable();
    }

    void sendFrames(List<GuestFrame> frames, boolean last) {
        Link link = open(control);
        link.send(GuestFramesCodec.encode(link.allocator(), frames, last));
    }

    /// Waits, a bounded time, until the target has said of so many frames what has become of them.
    FramesDone awaitFramesDone(long frames) throws InterruptedException {
        try {
            session.await(
                    () -> framesDone.delivered() + framesDone.dropped() >= frames || !controlOpen(),
                    Limits.FRAMES_DONE_MS,
                    "The target did not say what it has delivered");
        } catch (GivenUp _) {
            // What it has said so far has to do.
        }
        synchronized (session) {
            return framesDone;
        }
    }

    /// Tells the target to give up, as far as it can still be told.
    void abort(String reason) {
        Link link = control;
        if (link != null) {
            link.send(new Abort(reason));
        }
    }

    private <M extends Message> M request(Message request, Class<M> answer, long timeoutMs)
            throws IOException, InterruptedException {
        ask(request, answer);
        return answer(request.type(), answer, timeoutMs);
    }

    private void ask(Message request, Class<? extends Message> answer) {
        session.change(() -> {
            expected = answer;
            reply = null;
        });
        open(control).send(request);
        if (request instanceof Complete) {
            completeSent = true;
        }
    }

    private <M extends Message> M answer(FrameType asked, Class<M> answer, long timeoutMs)
            throws IOException, InterruptedException {
        session.await(
                () -> reply != null, timeoutMs, "The target did not answer " + asked + " within " + timeoutMs + " ms");
        return answer.cast(Objects.requireNonNull(reply));
    }

    private static Link open(@Nullable Link link) {
        if (link == null) {
            throw new IllegalStateException("There is no connection yet");
        }
        return link;
    }

    private static void checkVersion(Welcome welcome) throws ProtocolException {
        if (welcome.version() < ProtocolVersion.MIN || welcome.version() > ProtocolVersion.MAX) {
            throw new ProtocolException("The target chose a version nobody offered: " + welcome.version());
        }
    }

    @Override
    public void received(Link link, FrameType type, ByteBuf payload) throws IOException {
        Message message = MessageCodec.decode(type, payload);
        switch (message) {
            case Heartbeat _ -> {}
            case Abort abort -> session.fail("The target gave up: " + abort.reason());
            case RoundDone done -> roundDone(done.round());
            case FramesDone done -> session.change(() -> framesDone = done);
            case Welcome _, Answer _, Prepared _, Running _, Message.Postcopy.Ready _ -> replied(message);
            case Message.Postcopy _ -> throw new ProtocolException("The target sent out of place: " + type);
            case Hello _, Question _, Prepare _, Message.DeviceStatePart _, Digests _, Complete _, Message.RoundEnd _ ->
                throw new ProtocolException("The target sent what only a source sends: " + type);
        }
    }

    private void replied(Message message) throws ProtocolException {
        synchronized (session) {
            if (expected == null || !expected.isInstance(message)) {
                throw new ProtocolException("The target answered what was not asked: " + message.type());
            }
            expected = null;
            reply = message;
            session.changed();
        }
    }

    private void roundDone(int round) throws ProtocolException {
        synchronized (session) {
            if (round > lastRound) {
                throw new ProtocolException("The target says a round is done that was not sent: " + round);
            }
            doneRound = Math.max(doneRound, round);
            session.changed();
        }
    }

    @Override
    public void writabilityChanged(Link link) {
        session.changed();
    }

    @Override
    public void lost(Link link, String reason) {
        session.fail("The connection with the target is lost: " + reason);
    }

    /// Closes all connections.
    @Override
    public void close() {
        dataLinks.forEach(Link::close);
        Link link = control;
        if (link != null) {
            link.close();
        }
    }

    /// The target says nothing on a data connection but welcome.
    private final class DataReceiver implements Receiver {
        private final int number;
        private volatile boolean welcomed;

        DataReceiver(int number) {
            this.number = number;
        }

        @Override
        public void received(Link link, FrameType type, ByteBuf payload) throws IOException {
            if (welcomed || !(MessageCodec.decode(type, payload) instanceof Welcome welcome)) {
                throw new ProtocolException("The target sent what does not belong on a data connection: " + type);
            }
            checkVersion(welcome);
            welcomed = true;
            session.changed();
        }

        @Override
        public void writabilityChanged(Link link) {
            session.changed();
        }

        @Override
        public void lost(Link link, String reason) {
            session.fail("Data connection " + number + " is lost: " + reason);
        }
    }
}
