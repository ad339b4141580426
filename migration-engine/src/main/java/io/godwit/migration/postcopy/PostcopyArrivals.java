package io.godwit.migration.postcopy;

import io.godwit.migration.protocol.FrameType;
import io.godwit.migration.protocol.Limits;
import io.godwit.migration.protocol.Message.Postcopy;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.migration.protocol.Token;
import io.godwit.migration.transport.Link;
import io.godwit.migration.transport.Receiver;
import io.netty.buffer.ByteBuf;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/// The guests of this host that miss pages, by the migration that brought them. Survives a migration's
/// session, for its source may connect again at any time.
///
/// A source that is not known here is turned away and comes again: only of a guest that is known to miss
/// nothing may a source be told that it can let go.
public final class PostcopyArrivals implements AutoCloseable {
    private final Map<UUID, PostcopyTarget> waiting = new ConcurrentHashMap<>();
    private final Set<UUID> placed = new LinkedHashSet<>();
    private volatile boolean closed;

    /// From now on the source may connect.
    public void add(PostcopyTarget target) {
        waiting.put(target.migration(), target);
        if (closed) {
            target.close();
        }
    }

    /// The guest misses nothing any more: it has all its pages, or is lost and destroyed.
    public void placed(PostcopyTarget target) {
        synchronized (placed) {
            placed.add(target.migration());
            if (placed.size() > Limits.PLACED_REMEMBERED_MAX) {
                placed.remove(placed.iterator().next());
            }
        }
        remove(target);
        target.farewell();
    }

    /// The guest is no more, or not this agent's to care for any more.
    public void remove(PostcopyTarget target) {
        waiting.remove(target.migration(), target);
    }

    /// Binds a connection that was welcomed.
    ///
    /// @throws ProtocolException if nobody here waits for it
    public Receiver join(Link link, Token token, int connection) throws ProtocolException {
        UUID migration = new UUID(token.high(), token.low());
        PostcopyTarget target = waiting.get(migration);
        if (target != null) {
            return target.join(link, connection);
        }
        if (!known(migration)) {
            throw new ProtocolException("No guest here is known to miss pages of this migration: " + migration);
        }
        link.send(new Postcopy.AllPlaced());
        link.closeSoon();
        return new Done();
    }

    private boolean known(UUID migration) {
        synchronized (placed) {
            return placed.contains(migration);
        }
    }

    /// Lets go of all guests. They go on, and stand still where they need a missing page, until the next
    /// agent comes.
    @Override
    public void close() {
        closed = true;
        List.copyOf(waiting.values()).forEach(PostcopyTarget::close);
    }

    /// Hears nothing any more.
    private static final class Done implements Receiver {
        @Override
        public void received(Link link, FrameType type, ByteBuf payload) {}

        @Override
        public void writabilityChanged(Link link) {}

        @Override
        public void lost(Link link, String reason) {}
    }
}
