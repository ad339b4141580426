package io.godwit.migration.precopy;

import io.godwit.migration.IncomingGuests;
import io.godwit.migration.WaitingGuest;
import io.godwit.migration.metrics.MigrationMeters;
import io.godwit.migration.postcopy.PostcopyArrivals;
import io.godwit.migration.postcopy.PostcopyTarget;
import io.godwit.migration.protocol.FrameType;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message.Abort;
import io.godwit.migration.protocol.Message.Hello;
import io.godwit.migration.protocol.Message.Role;
import io.godwit.migration.protocol.Message.Welcome;
import io.godwit.migration.protocol.MessageCodec;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.migration.protocol.ProtocolVersion;
import io.godwit.migration.protocol.Token;
import io.godwit.migration.transport.Link;
import io.godwit.migration.transport.Receiver;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The migrations being received by this host. Greets every accepted connection and brings it to its session.
public final class IncomingSessions implements Supplier<Receiver>, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(IncomingSessions.class);

    private final IncomingGuests agent;
    private final MigrationMeters meters;
    private final LongSupplier nanoClock;
    private final SecureRandom random = new SecureRandom();
    private final Map<Token, TargetMigration> sessions = new ConcurrentHashMap<>();
    private final PostcopyArrivals postcopies = new PostcopyArrivals();
    private volatile boolean closed;

    public IncomingSessions(IncomingGuests agent, MigrationMeters meters, LongSupplier nanoClock) {
        this.agent = agent;
        this.meters = meters;
        this.nanoClock = nanoClock;
    }

    @Override
    public Receiver get() {
        return new Greeter();
    }

    private Receiver greet(Link link, Hello hello) throws ProtocolException {
        int version = ProtocolVersion.choose(hello.versionMin(), hello.versionMax());
        return switch (hello.role()) {
            case CONTROL -> greetControl(link, version);
            case DATA -> greetData(link, hello, version);
            case LATE -> {
                // The welcome first: what is missing may be said at once.
                link.send(new Welcome(version, Token.NONE));
                yield postcopies.join(link, hello.token(), hello.connection());
            }
        };
    }

    private Receiver greetControl(Link link, int version) throws ProtocolException {
        if (closed || sessions.size() >= Limits.INCOMING_MAX) {
            String reason =
                    closed ? "The agent is closing" : "The host receives " + sessions.size() + " guests already";
            throw new ProtocolException(reason);
        }
        Token token = Token.random(random);
        TargetMigration migration = new TargetMigration(link, agent, postcopies, meters, nanoClock);
        sessions.put(token, migration);
        link.startHeartbeats();
        link.send(new Welcome(version, token));
        Thread.ofVirtual().name("godwit-incoming").start(() -> {
            try {
                migration.run();
            } finally {
                sessions.remove(token);
            }
        });
        return migration.wire();
    }

    private Receiver greetData(Link link, Hello hello, int version) throws ProtocolException {
        TargetMigration migration = sessions.get(hello.token());
        if (migration == null) {
            throw new ProtocolException("A data connection came with a token that is not known");
        }
        Receiver receiver = migration.join(link, hello.connection());
        link.send(new Welcome(version, Token.NONE));
        return receiver;
    }

    /// Takes charge of a guest that misses pages since before this agent started.
    public void awaitPages(UUID migration, String sourceHost, WaitingGuest guest) throws IOException {
        PostcopyTarget pages = PostcopyTarget.adopt(migration, sourceHost, guest, agent.latePagesTimeout(), nanoClock);
        postcopies.add(pages);
        Thread.ofVirtual().name("godwit-misses-pages-" + guest.name()).start(() -> {
            try {
                LateArrival.see(pages, guest, postcopies);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /// Gives up what is not committed and waits, a bounded time, until all are decided.
    @Override
    public void close() {
        closed = true;
        postcopies.close();
        List<TargetMigration> open = List.copyOf(sessions.values());
        open.forEach(migration -> migration.cancel("The agent is closing"));
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Limits.CLOSE_MS);
        for (TargetMigration migration : open) {
            migration.awaitEnd(deadline - System.nanoTime());
        }
    }

    /// Hears nothing any more.
    private static final class Refused implements Receiver {
        @Override
        public void received(Link link, FrameType type, ByteBuf payload) {}

        @Override
        public void writabilityChanged(Link link) {}

        @Override
        public void lost(Link link, String reason) {}
    }

    /// Stands in for a connection's receiver until its first frame has been read.
    private final class Greeter implements Receiver {
        private @Nullable Receiver receiver;

        @Override
        public void received(Link link, FrameType type, ByteBuf payload) throws IOException {
            if (receiver != null) {
                receiver.received(link, type, payload);
                return;
            }
            if (!(MessageCodec.decode(type, payload) instanceof Hello hello)) {
                throw new ProtocolException("A connection did not begin with a greeting but with " + type);
            }
            link.greeted();
            try {
                receiver = greet(link, hello);
            } catch (ProtocolException e) {
                refuse(link, hello, e);
            }
        }

        /// Says why, as far as this kind of connection can carry it.
        private void refuse(Link link, Hello hello, ProtocolException why) throws ProtocolException {
            if (hello.role() != Role.CONTROL) {
                throw why;
            }
            log.warn("A connection from {} was refused: {}", link.peerAddress(), why.getMessage());
            receiver = new Refused();
            link.send(new Abort(Reasons.of(why)));
            link.closeSoon();
        }

        @Override
        public void writabilityChanged(Link link) {
            if (receiver != null) {
                receiver.writabilityChanged(link);
            }
        }

        @Override
        public void lost(Link link, String reason) {
            if (receiver != null) {
                receiver.lost(link, reason);
            } else {
                log.warn("A connection from {} was refused: {}", link.peerAddress(), reason);
            }
        }
    }
}
